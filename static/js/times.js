// Times as the reader's language and country write them.

import { language, strings } from "./strings.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const FORMATS = {
	short: { hour: "2-digit", minute: "2-digit" },
	exact: { dateStyle: "full", timeStyle: "medium" },
	date: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
};
const made = new Map();

function format(name, at) {
	const key = `${language} ${name}`;
	if (!made.has(key)) {
		const locales = navigator.languages.filter((one) => one.startsWith(language));
		made.set(key, new Intl.DateTimeFormat(locales.length > 0 ? locales : strings.lang, FORMATS[name]));
	}
	return made.get(key).format(at);
}

export const shortTime = (at) => format("short", at);
export const exactTime = (at) => format("exact", at);

export const day = (at) => new Date(at).toDateString();

export function dayName(at) {
	if (day(at) === day(Date.now()))
		return strings.today;
	return day(at) === day(Date.now() - DAY_MS) ? strings.yesterday : format("date", at);
}
