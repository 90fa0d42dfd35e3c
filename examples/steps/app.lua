-- Two steps to a chat. The first is a bare WebSocket: each text comes back with a line added. The second is a chat by Socket.IO: what
-- anybody says goes to everybody. Both log who comes and who goes.
local io = require "pollux"

-- Bare WebSockets are taken at every path, and from pages of any origin: a file that was opened from the disk has none.
io.set { rooms_path = "/", cors = { origin = "*" } }

local LINE = "举头望明月，低头思故乡,"

local function kind(socket)
	return socket.handshake.room and "a WebSocket" or "somebody"
end

io.on("connection", function(socket)
	io.log(kind(socket) .. " has come in")
end)

io.on("message", function(socket, data)
	socket:emit("message", tostring(data) .. LINE)
end)

io.on("chat message", function(_, msg)
	io.log(msg)
	io.emit("chat message", msg)
end)

io.on("disconnect", function(socket)
	io.log(kind(socket) .. " has gone")
end)
