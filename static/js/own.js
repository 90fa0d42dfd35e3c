// Who we are, and which messages are our own.
// person() is a secret of this browser's: the server gives a nickname that is in use to whoever has the secret of its
// holder, so that a lost connection that the server still believes in doesn't keep us out, nor does a second tab.
// Own messages: their ids are random and only we knew them beforehand. A nickname proves
// nothing, since anybody may take it once it is free. Kept by nickname, so that two tabs of one browser
// under two names stay two people.

import { browser } from "./storage.js";

const MOST = 400;
const inThisTab = new Set();

// newId makes the id of a message: 128 random bits. (crypto.randomUUID exists on https alone.)
export function newId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export function person() {
	const secret = browser.read("person", null) ?? newId();
	browser.write("person", secret);
	return secret;
}

const stored = (nickname) => browser.read(`own.${nickname}`, []);

export function rememberOwn(nickname, id) {
	inThisTab.add(id);
	browser.write(`own.${nickname}`, [...stored(nickname), id].slice(-MOST));
}

// recallOwn brings back what this browser said under the nickname.
export function recallOwn(nickname) {
	for (const id of stored(nickname))
		inThisTab.add(id);
}

export const isOwn = (id) => inThisTab.has(id);
