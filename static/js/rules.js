// What a nickname, a room's name and a message may be, as the server has it: told before asking.
// Lengths count characters (code points), not UTF-16 units.

export const MOST_TEXT = 4000;

export const lengthOf = (text) => [...text].length;

function checkName(what, text, most) {
	if (text === "")
		return `${what} empty`;
	if (lengthOf(text) > most)
		return `${what} too long`;
	return /\p{Cc}/u.test(text) ? "control characters" : "";
}

// Each gives "" or the error, in the words that strings.js explains.
export const checkNickname = (text) => checkName("nickname", text, 32);
export const checkRoom = (text) => checkName("room", text, 64);
