// What outlives a reload: this tab's session, and what the browser remembers of earlier ones.
// Storage may be forbidden or full; then a reload forgets, and nothing else happens.

function read(area, key, otherwise) {
	try {
		const text = window[area].getItem(`pollux.${key}`);
		return text === null ? otherwise : JSON.parse(text);
	} catch {
		return otherwise;
	}
}

function write(area, key, value) {
	try {
		window[area].setItem(`pollux.${key}`, JSON.stringify(value));
	} catch {
		// see above
	}
}

export const tab = {
	read: (key, otherwise) => read("sessionStorage", key, otherwise),
	write: (key, value) => write("sessionStorage", key, value),
};

export const browser = {
	read: (key, otherwise) => read("localStorage", key, otherwise),
	write: (key, value) => write("localStorage", key, value),
};
