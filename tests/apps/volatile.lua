-- Events that may be lost, among others that may not, for tests/integration; tests/integration/reference/volatile.mjs is the same for
-- npm socket.io.
local io = require "pollux"

-- kinds: an array of "kept", "volatile" and "volatile bytes".
local function send(kept, volatile, kinds)
	for i, kind in ipairs(kinds) do
		if kind == "kept" then
			kept("ev", i)
		else
			volatile("ev", kind == "volatile" and i or io.binary(string.char(i)))
		end
	end
end

io.on("send me", function(socket, kinds)
	send(function(...) socket:emit(...) end, function(...) socket.volatile:emit(...) end, kinds)
end)
io.on("send all", function(_, kinds)
	send(io.emit, function(...) io.volatile:emit(...) end, kinds)
end)
io.on("mark", function(socket)
	socket:emit("mark")
end)
