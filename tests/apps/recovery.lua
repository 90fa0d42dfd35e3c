-- Sockets that come back, for tests/integration; tests/integration/reference/recovery.mjs is the same for npm socket.io.
local io = require "pollux"

local function install(nsp)
	nsp.use(function(socket)
		socket.data.admitted = (socket.data.admitted or 0) + 1
		if socket.handshake.auth.token == "wrong" then return nil, "wrong token" end
	end)
	nsp.on("connection", function(socket)
		socket.data.connections = (socket.data.connections or 0) + 1
	end)
	nsp.on("disconnect", function(socket, reason)
		nsp.to("watchers"):emit("left", socket.id, reason)
	end)
	nsp.on_room("join-room", function(room, id)
		nsp.to("watchers"):emit("joined", id, room)
	end)
	nsp.on("join", function(socket, room, ack)
		socket:join(room)
		ack(true)
	end)
	nsp.on("say", function(_, room, what, ack)
		nsp.to(room):emit("said", what)
		ack(true)
	end)
	nsp.on("once", function(_, room, key, what, ack)
		nsp.to(room):once(key):emit("said", what)
		ack(true)
	end)
	nsp.on("say volatile", function(_, room, what)
		nsp.to(room).volatile:emit("said", what)
	end)
	nsp.on("hello", function(socket)
		socket:emit("said", "hello")
	end)
	nsp.on("leave me", function(socket, close)
		socket:disconnect(close)
	end)
	nsp.on("self", function(socket, ack)
		local rooms = io.array {}
		for _, room in ipairs(socket.rooms) do
			if room ~= socket.id then rooms[#rooms + 1] = room end
		end
		ack { id = socket.id, recovered = socket.recovered, data = socket.data, rooms = rooms }
	end)
	nsp.on("count", function(_, room, ack)
		ack(#nsp.in_(room):fetch_sockets())
	end)
end

install(io)
install(io.of("/other"))
