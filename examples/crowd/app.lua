-- A chat of many by bare WebSockets. A client sends JSON, { nickname, message, time }; it goes to everybody with status 1. When a client leaves,
-- the last it said goes out once more, with status 0.
local io = require "pollux"
local json = require "json"

io.set { rooms_path = "/", cors = { origin = "*" } }

io.on("message", function(socket, text)
	local said = type(text) == "string" and json.decode(text)
	if type(said) ~= "table" or #said > 0 then
		io.log("this is no JSON object:", text)
		return
	end
	said.status = 1
	socket.data.said = said
	io.emit("message", said)
end)

io.on("disconnect", function(socket)
	local said = socket.data.said
	if not said then return end   -- gone without a word, by a reload say
	said.status = 0
	io.emit("message", said)
end)
