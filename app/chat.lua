-- Pollux's default application: chat rooms with nicknames, history and notices. The page in static/ is its client.
--   client → server   join(room, nickname, ack)   leave(room, ack)   say(room, text, id, ack)   history(room, before, ack)
--                     typing(room)   rooms(ack)
--   server → client   message{room, id, from, text, at}   joined{room, nickname}   left{room, nickname}   typing{room, nickname}
-- Every ack gets { ok = true, … } or { ok = false, error = "…" }; join's has here, some of the nicknames in the room, more
-- (whether there are others) and history, each message with its position; history's has what was said before such a position.
-- A socket's nicknames stand in socket.data.names[room].
-- A nickname is one person's in a room. Who comes back before the loss of the old connection was noticed, or has a second tab, is
-- known by auth.person, a secret that the browser made up: sockets with the same one are one person, who joins and leaves once.
-- No event looks at everybody in a room: each nickname has a seat, a room of its own for the sockets that have it, and who joins
-- is told of HERE people at most.
local io = require "pollux"

local HISTORY, HERE, ROOMS = 50, 100, 200
-- Seats' names begin with a character that no room's has: all of them come before this, and all rooms after it.
local SEAT, AFTER_SEATS = "\n", "\v"

local function answer(ack, reply)
	if ack then ack(reply) end
end

local function refuse(ack, why)
	answer(ack, { ok = false, error = why })
end

-- The text without space around it if it has 1 to max characters, none of them a control character; otherwise nil.
local function name(text, max)
	local from = type(text) == "string" and text:find "%S"
	if not from then return nil end
	text = text:sub(from, -text:reverse():find "%S")
	local length = utf8.len(text)
	return length and length <= max and not text:find "%c" and text or nil
end

local function nickname_in(socket, room)
	local names = socket.data.names
	return names and names[room]
end

local function set_nickname(socket, room, nickname)
	local data = socket.data
	data.names = data.names or {}
	data.names[room] = nickname
end

local function seat(room, nickname)
	return SEAT .. room .. SEAT .. nickname
end

-- Another socket than this one that has the nickname in the room, if one does.
local function find_namesake(room, socket, nickname)
	for _, other in ipairs(io.in_(seat(room, nickname)):fetch_sockets { limit = 2 }) do
		if other.id ~= socket.id then return other end
	end
end

-- Some nicknames in the room, the socket's own among them; and whether there are more.
local function who_is_here(room, nickname)
	local sockets, here, listed = io.in_(room):fetch_sockets { limit = HERE + 1 }, io.array { nickname }, { [nickname] = true }
	for i = 1, math.min(#sockets, HERE) do
		local theirs = nickname_in(sockets[i], room)
		if theirs and not listed[theirs] then
			here[#here + 1] = theirs
			listed[theirs] = true
		end
	end
	return here, #sockets > HERE
end

-- To the room's people, those in the seat among them: what goes to two rooms is in no room's history.
local function tell(what, room, socket, nickname)
	socket:to { room, seat(room, nickname) }:emit(what, { room = room, nickname = nickname })
end

local function tell_left(room, socket, nickname)
	if not find_namesake(room, socket, nickname) then tell("left", room, socket, nickname) end
end

-- The room's newest messages, or the newest before a position, oldest first; nil if the position is of another log.
local function history(room, before)
	local rows = io.history(room, { before = before, limit = HISTORY })
	if not rows then return nil end
	local messages = io.array {}
	for i, row in ipairs(rows) do
		local m = row.args[1]
		messages[i] = { id = m.id, from = m.from, text = m.text, at = m.at, position = row.position }
	end
	return messages
end

io.on("join", function(socket, room, nickname, ack)
	room, nickname = name(room, 64), name(nickname, 32)
	if not room then return refuse(ack, "a room's name has 1 to 64 characters") end
	if not nickname then return refuse(ack, "a nickname has 1 to 32 characters") end
	local person = name(socket.handshake.auth.person, 64)
	local namesake = find_namesake(room, socket, nickname)
	if namesake and not (person and namesake.data.person == person) then return refuse(ack, "nickname taken") end
	local before = nickname_in(socket, room)
	if before ~= nickname then
		socket:join(room)
		socket:join(seat(room, nickname))
		set_nickname(socket, room, nickname)
		socket.data.person = person
		if before then
			socket:leave(seat(room, before))
			tell_left(room, socket, before)
		end
		if not namesake then tell("joined", room, socket, nickname) end
	end
	local here, more = who_is_here(room, nickname)
	answer(ack, { ok = true, room = room, nickname = nickname, here = here, more = more, history = history(room) })
end)

io.on("leave", function(socket, room, ack)
	room = name(room, 64)
	local nickname = room and nickname_in(socket, room)
	if nickname then
		socket:leave(room)
		socket:leave(seat(room, nickname))
		set_nickname(socket, room, nil)
		tell_left(room, socket, nickname)
	end
	answer(ack, { ok = true })
end)

-- id is the client's own for the message: said again with it, after a reconnection say, it is not published again.
io.on("say", function(socket, room, text, id, ack)
	room = name(room, 64)
	local nickname = room and nickname_in(socket, room)
	local length = type(text) == "string" and text:find "%S" and utf8.len(text)
	if not nickname then return refuse(ack, "not in this room") end
	if not length or length > 4000 then return refuse(ack, "a message has 1 to 4000 characters") end
	if not name(id, 64) then return refuse(ack, "a message needs an id of 1 to 64 characters") end
	local message = { room = room, id = id, from = nickname, text = text, at = io.now() }
	local position, duplicate = io.to(room):once(room .. "\n" .. nickname .. "\n" .. id):emit("message", message)
	answer(ack, { ok = true, position = position, duplicate = duplicate })
end)

io.on("history", function(socket, room, before, ack)
	room = name(room, 64)
	if not (room and nickname_in(socket, room)) then return refuse(ack, "not in this room") end
	local ok, messages = pcall(history, room, before)
	if not (ok and messages) then return refuse(ack, "no such position") end
	answer(ack, { ok = true, history = messages })
end)

-- Told to those who can hear it now, kept by nobody. Who hears it forgets it after some seconds.
io.on("typing", function(socket, room)
	room = name(room, 64)
	local nickname = room and nickname_in(socket, room)
	if nickname then socket:to(room).volatile:emit("typing", { room = room, nickname = nickname }) end
end)

io.on("rooms", function(_, ack)
	answer(ack, { ok = true, rooms = io.rooms { after = AFTER_SEATS, limit = ROOMS } })
end)

io.on("disconnect", function(socket)
	for room, nickname in pairs(socket.data.names or {}) do tell_left(room, socket, nickname) end
end)
