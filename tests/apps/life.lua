-- What happens around joining and leaving, for tests/integration; tests/integration/reference/life.mjs is the same for npm socket.io.
local io = require "pollux"

local doors = io.of("/doors")
io.use(function() error "the middleware of / is not asked for /doors" end)
for n = 1, 3 do
	doors.use(function(socket)
		local seen = socket.data.seen or io.array {}
		seen[#seen + 1] = n
		socket.data.seen = seen
		socket.data.early = socket.connected
	end)
end
doors.use(function(socket)
	local auth = socket.handshake.auth
	if auth.room then socket:join(auth.room) end
	if auth.refuse then return nil, "after joining" end
end)

doors.on("connection", function(socket)
	local auth = socket.handshake.auth
	socket:emit("first", { seen = socket.data.seen, early = socket.data.early, connected = socket.connected, query = socket.handshake.query })
	if auth.sendAway then
		socket:disconnect(auth.sendAway == "whole")
		socket:join("late")
	end
end)

doors.on("tell", function(_, room, what, ack)
	doors.to(room):emit("told", what)
	ack(true)
end)
doors.on("join", function(socket, room, ack)
	socket:join(room)
	ack(true)
end)
doors.on("how many", function(_, room, ack)
	ack(#doors.in_(room):fetch_sockets())
end)
doors.on("all but", function(_, who, what, ack)
	doors.except(who):emit("told", what)
	ack(true)
end)
doors.on("in and out", function(socket, ack)
	local seen = io.array {}
	local function look()
		local others = 0
		for _, room in ipairs(socket.rooms) do
			if room ~= socket.id then others = others + 1 end
		end
		seen[#seen + 1] = others
	end
	for _, room in ipairs { "a", "b", "c" } do
		socket:join(room)
		look()
	end
	socket:leave("b")
	look()
	socket:leave("never seen")
	look()
	ack(seen)
end)

doors.on("note", function(socket, what)
	doors.to("watchers"):emit("noted", what, socket.id)
end)
doors.on("disconnecting", function(socket, reason)
	local rooms = io.array {}
	for _, room in ipairs(socket.rooms) do
		if room ~= socket.id then rooms[#rooms + 1] = room end
	end
	table.sort(rooms)
	doors.to("watchers"):emit("leaving", socket.id, rooms, reason)
end)
local function left(socket, reason)
	doors.to("watchers"):emit("left", socket.id, reason)
end
doors.on("disconnect", left)
io.of("/hall").on("disconnect", left)
