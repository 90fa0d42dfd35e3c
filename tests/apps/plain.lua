-- Plain WebSockets for tests/integration: rooms that relay, one that echoes, one that is closed.
local io = require "pollux"

io.use(function(socket)
	if socket.handshake.room == "closed" then return nil, "members only", { code = 7 } end
	if socket.handshake.room == "broken" then error "on purpose" end
end)

io.on("connection", function(socket)
	if socket.handshake.room == "greeting" then socket:emit("message", "welcome to " .. socket.handshake.room) end
end)

io.on("message", function(socket, data)
	local room = socket.handshake.room
	if room == nil or room == "echo" then
		socket:emit("message", data)
	elseif data == "leave" then
		socket:disconnect()
	else
		io.to(room):emit("message", data)
	end
end)

io.on("join", function(socket, room, ack)
	socket:join(room)
	ack(true)
end)

io.on("disconnect", function(socket, reason)
	if socket.handshake.room then io.to("watchers"):emit("left", socket.handshake.room, reason) end
end)
