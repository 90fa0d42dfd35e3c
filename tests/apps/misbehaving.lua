-- Handlers that misbehave, by name; and an event to see that others go on.
local io = require "pollux"

local bad = {
	endless = function() while true do end end,
	swallowing = function() while true do pcall(function() while true do end end) end end,
	coroutines = function()
		local co = coroutine.wrap(function() while true do pcall(coroutine.yield) end end)
		while true do co() end
	end,
	backtracking = function() return ('"a" '):rep(2000):find(('".-"'):rep(20) .. "x") end,
	garbage = function()
		local all = {}
		for i = 1, 1000 do all[i] = ("x"):rep(1 << 20) .. i end
	end,
	["a large string"] = function(socket) socket:emit("large", ("x"):rep(10 << 20)) error "and then" end,
	["half-way"] = function(socket)
		socket:join "nowhere"
		socket.data.x = 1
		io.emit("never", 1)
		error "half-way"
	end,
	recursion = function() local function f() return 1 + f() end return f() end,
	sorting = function() table.sort({ 3, 1, 2 }, function() while true do end end) end,
	replacing = function() return ("x"):rep(1 << 22):gsub("x", ("y"):rep(1 << 16)) end,
	formatting = function() return ("%999d"):format(1) end,
	["a global"] = function() leaked = 1 end,
}

io.on("misbehave", function(socket, how) bad[how](socket) end)
io.on("how", function(_, ack)
	local names = io.array {}
	for name in pairs(bad) do names[#names + 1] = name end
	table.sort(names)
	ack(names)
end)
io.on("self", function(socket, ack) ack(socket.rooms, socket.data.x) end)
io.on("say", function(_, what) io.emit("said", what) end)
