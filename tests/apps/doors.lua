-- Who may come in, and what the first answer says: allow_request and initial_headers as functions.
local io = require "pollux"

io.set {
	allow_request = function(request)
		if request.query.door == "closed" then return nil, 'not by this "door"' end
		if request.query.door == "shut" then return false end
		if request.query.door == "broken" then error("the hinge") end
		if request.query.door == "endless" then while true do end end
		if request.query.door == "emitting" then io.emit("x") end
		if request.headers["x-door"] and request.method ~= "GET" then return false, "never" end
	end,
	initial_headers = function(headers, request)
		headers["X-First"] = request.query.name or "nobody"
		headers["X-Address"] = request.address
		if request.query.name == "many" then headers["Set-Cookie"] = { "a=1", "b=2" } end
		if request.query.name == "bad" then return { ["X-Bad"] = "a\r\nb" } end
	end,
}

io.on("echo", function(socket, value, ack) ack(value) end)
