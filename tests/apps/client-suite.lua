-- What the stock client's own test suite expects of a Socket.IO server: its namespaces, its events, its settings.
local io = require "pollux"

io.set { ping_interval = 2000, connection_state_recovery = {} }

local function emit_handshake(socket)
	local shake = socket.handshake
	socket:emit("handshake", { auth = shake.auth, query = shake.query, headers = shake.headers })
end

local function now()
	return os.date("!%Y-%m-%dT%H:%M:%S.000Z")
end

local function get_id(socket, ack)
	ack(socket.id)
end

io.of("/foo").on("getId", get_id)
for _, name in ipairs { "/timeout_socket", "/valid", "/asd" } do io.of(name) end
io.of("/abc").on("connection", emit_handshake)
io.of("/no").use(function() return nil, "Auth failed (custom namespace)" end)

io.use(function(socket)
	if socket.handshake.query.fail then return nil, "Auth failed (main namespace)" end
end)

io.on("hi", function(socket) socket:emit("hi") end)
io.on("echo", function(_, value, ack) ack(value) end)
io.on("getId", get_id)
io.on("getHandshake", function(socket, ack)
	ack { auth = socket.handshake.auth, query = socket.handshake.query, headers = socket.handshake.headers }
end)

io.on_ack("asked", function(socket, _, a, b)
	if a == 5 and b.test then socket:emit("got it") end
end)
io.on("ack", function(socket) socket:emit_with_ack("asked", nil, "ack") end)

io.on("getAckDate", function(_, _, ack) ack(now()) end)
io.on("getDate", function(socket) socket:emit("takeDate", now()) end)
io.on("getDateObj", function(socket) socket:emit("takeDateObj", { date = now() }) end)

io.on("getUtf8", function(socket)
	for _, text in ipairs { "てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string" } do
		socket:emit("takeUtf8", text)
	end
end)
io.on("false", function(socket) socket:emit("false", false) end)

io.on("doge", function(socket) socket:emit("doge", io.binary "asdfasdf") end)
io.on("getbin", function(socket) socket:emit("takebin", io.binary "asdfasdf") end)
io.on("buffa", function(socket, bytes)
	if io.is_binary(bytes) then socket:emit("buffack") end
end)
io.on("jsonbuff", function(socket, value)
	assert(value.hello == "lol" and io.is_binary(value.message) and value.goodbye == "gotcha")
	socket:emit("jsonbuff-ack")
end)
io.on("abuff1", function(socket, bytes)
	assert(io.is_binary(bytes))
	socket.data.first = true
end)
io.on("abuff2", function(socket)
	assert(socket.data.first)
	socket:emit("abuff2-ack")
end)
