-- What the official protocol suites expect of a Socket.IO server: every message comes back.
-- They also expect these settings.
local io = require "pollux"

io.set {
	ping_interval = 300,
	ping_timeout = 200,
	connect_timeout = 1000,
	max_http_buffer_size = 1000000,
	cors = { origin = "*" },
}

io.on("connection", function(socket)
	socket:emit("auth", socket.handshake.auth)
end)

io.on("message", function(socket, ...)
	socket:emit("message-back", ...)
end)

io.on("message-with-ack", function(_, ...)
	local args = table.pack(...)
	local ack = args[args.n]
	ack(table.unpack(args, 1, args.n - 1))
end)

io.of("/custom").on("connection", function(socket)
	socket:emit("auth", socket.handshake.auth)
end)
