-- The benchmark's application: whoever asks for it at CONNECT is put into the room; what anybody says goes to the room.
-- tests/bench/reference.mjs is the same for npm socket.io.
local io = require "pollux"

io.on("connection", function(socket)
	if socket.handshake.auth.join then socket:join(socket.handshake.auth.join) end
end)

io.on("say", function(socket, sender, number, padding, ack)
	io.to("room"):emit("said", sender, number, padding)
	if ack then ack(number) end
end)
