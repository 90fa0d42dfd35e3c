// Times as the reader's language writes them.

import { language, strings } from "./strings.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const locales = navigator.languages.filter((one) => one.startsWith(language));
const format = (options) => new Intl.DateTimeFormat(locales.length > 0 ? locales : language, options);

const short = format({ hour: "2-digit", minute: "2-digit" });
const exact = format({ dateStyle: "full", timeStyle: "medium" });
const date = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const shortTime = (at) => short.format(at);
export const exactTime = (at) => exact.format(at);

export const day = (at) => new Date(at).toDateString();

export function dayName(at) {
	if (day(at) === day(Date.now()))
		return strings.today;
	return day(at) === day(Date.now() - DAY_MS) ? strings.yesterday : date.format(at);
}
