-- What anybody says goes to everybody; who said it also gets it for itself.
local io = require "pollux"

io.on("connection", function()
	io.log("a client has connected")
end)

io.on("talk", function(socket, msg)
	io.log(msg)
	io.emit("response", msg)
	socket:emit("tail", msg)
end)
