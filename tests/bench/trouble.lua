-- relay.lua with handlers that misbehave, each as a guest might provoke it.
local io = require "pollux"

io.on("connection", function(socket)
	if socket.handshake.auth.join then socket:join(socket.handshake.auth.join) end
end)

io.on("say", function(socket, sender, number, padding, ack)
	io.to("room"):emit("said", sender, number, padding)
	if ack then ack(number) end
end)

io.on("endless", function() while true do end end)

io.on("swallowing", function()
	while true do pcall(function() while true do end end) end
end)

io.on("backtracking", function() return ('"a" '):rep(2000):find(('".-"'):rep(20) .. "x") end)

io.on("memory", function()
	local all = {}
	for i = 1, 1000 do all[i] = ("x"):rep(1 << 20) .. i end
end)

io.on("half-way", function()
	for i = 1, 100 do io.to("room"):emit("never", i) end
	error "half-way"
end)
