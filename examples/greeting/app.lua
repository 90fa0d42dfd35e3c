-- A page beside a site: on connection the server speaks first, and each side says one thing.
local io = require "pollux"

io.on("connection", function(socket)
	socket:emit("fire", { fire = "hole" })
end)

io.on("hello", function(_, data)
	io.log(data)
end)
