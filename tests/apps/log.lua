-- What only a server with a log can do, for tests/integration: history, publishing once, acknowledgements kept for later,
-- events that any process may run, and handlers that fail.
local io = require "pollux"

io.use(function(socket)
	if socket.handshake.auth.knock then io.emit("knock", socket.handshake.auth.knock) end
	if socket.handshake.auth.explode then error("a middleware that fails") end
	return true
end)

io.on("enter", function(socket, room, ack)
	socket:join(room)
	ack(io.history(room, { limit = 50 }))
end)
io.on("leave", function(socket, room, ack)
	socket:leave(room)
	ack(true)
end)
io.on("publish", function(_, room, what, ack)
	local position, duplicate = io.to(room):emit("entry", what)
	if ack then ack { position = position, duplicate = duplicate } end
end)
io.on("publish once", function(_, room, what, key, ack)
	local position, duplicate = io.to(room):once(key):emit("entry", what)
	if ack then ack { position = position, duplicate = duplicate } end
end)
io.on("history", function(_, room, options, ack)
	ack(io.history(room, options))
end)
io.on("here", function(_, room, ack)
	local ids = io.array {}
	for _, socket in ipairs(io.in_(room):fetch_sockets()) do ids[#ids + 1] = socket.id end
	ack(ids)
end)

io.on("count", function(socket, ack)
	socket.data.n = (socket.data.n or 0) + 1
	ack(socket.data.n)
end)
io.on("state", function(socket, ack)
	local rooms = io.array {}
	for _, room in ipairs(socket.rooms) do
		if room ~= socket.id then rooms[#rooms + 1] = room end
	end
	ack { data = socket.data, rooms = rooms }
end)

-- The reference goes to everybody: whoever answers, the asker gets it.
io.on("defer", function(_, ack)
	io.emit("deferred", ack:ref())
end)
io.on("resolve", function(_, ref, ...)
	io.ack(ref)(...)
end)
io.on("answer twice", function(_, ack)
	ack("first")
	ack("second")
end)

io.on("fail", function(socket, room)
	io.to(room):emit("entry", "a ghost")
	socket:join("ghosts")
	socket:emit("ghost")
	socket.data.ghost = true
	error("as the test asked")
end)
io.on("spin", function()
	while true do end
end)
io.on("hoard", function()
	local heap = {}
	for i = 1, 1 << 40 do heap[i] = ("x"):rep(1 << 16) .. i end
end)
io.on("pattern", function()
	return (("a"):rep(1 << 20)):find((".-"):rep(40) .. "b")
end)
io.on("global", function()
	leaked = 1
end)
