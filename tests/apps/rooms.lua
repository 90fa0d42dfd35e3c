-- Rooms, broadcasts, acknowledgements and refusals for tests/integration; tests/integration/reference/rooms.mjs
-- is the same for npm socket.io, so both must look alike from outside.
local io = require "pollux"

local function others(rooms, id)
	local found = io.array {}
	for _, room in ipairs(rooms) do
		if room ~= id then found[#found + 1] = room end
	end
	return found
end

local function install(nsp)
	nsp.on("echo", function(_, ...)
		local args = table.pack(...)
		args[args.n](table.unpack(args, 1, args.n - 1))
	end)
	nsp.on("ping back", function(socket, ...)
		socket:emit("pong back", ...)
	end)
	nsp.on("join", function(socket, room, ack)
		socket:join(room)
		socket:to(room):emit("joined", socket.id)
		ack(true)
	end)
	nsp.on("leave", function(socket, room, ack)
		socket:leave(room)
		socket:to(room):emit("gone", socket.id)
		ack(true)
	end)
	nsp.on("say", function(socket, room, what, ack)
		nsp.to(room):emit("said", what, socket.id)
		if ack then ack(true) end
	end)
	nsp.on("others", function(socket, room, what)
		socket:to(room):emit("said", what, socket.id)
	end)
	nsp.on("everyone", function(_, what)
		nsp.emit("everyone", what)
	end)
	nsp.on("everyone else", function(socket, what)
		socket.broadcast:emit("everyone", what)
	end)
	nsp.on("to both", function(socket, a, b, except, what)
		nsp.to(a):to(b):except(except):emit("said", what, socket.id)
	end)
	nsp.on("remember", function(socket, key, value, ack)
		socket.data[key] = value
		ack(true)
	end)
	nsp.on("self", function(socket, ack)
		local shake = socket.handshake
		ack {
			id = socket.id,
			nsp = socket.nsp,
			data = socket.data,
			rooms = others(socket.rooms, socket.id),
			auth = shake.auth,
			query = shake.query,
			agent = shake.headers["user-agent"],
			address = shake.address,
			time = shake.time,
			url = shake.url,
		}
	end)
	nsp.on("burst", function(socket, count)
		for i = 1, count do socket:emit("shot", i) end
	end)
	nsp.on("bye", function(socket, close)
		socket:emit("last words")
		socket:disconnect(close)
	end)
	nsp.on("disconnect", function(socket, reason)
		nsp.to("watchers"):emit("left", socket.id, reason)
	end)
end

install(io)
install(io.of("/other"))

local guarded = io.of("/guarded")
guarded.use(function(socket)
	local token = socket.handshake.auth.token
	if token == "secret" then return true end
	if token == nil then return nil, "no token" end
	return nil, "not authorized", { code = 401, hint = { "ask", "nicely" } }
end)
guarded.use(function(socket)
	socket.data.role = "keeper"
	return true
end)
install(guarded)
