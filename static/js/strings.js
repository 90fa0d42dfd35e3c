// The language of the page, and its words. Not here: the words themselves (en.js, zh.js), and the page before its scripts
// run (title, noscript) and 404.html.
//
// The reader's choice is remembered; before there is one, it is the first of the browser's languages that there is.

import { en } from "./en.js";
import { zh } from "./zh.js";
import { browser } from "./storage.js";

const LANGUAGES = { en, zh };

export let language = "";
export let strings = en;

function use(code) {
	language = code;
	strings = LANGUAGES[code];
	document.documentElement.lang = strings.lang;
}

function preferred() {
	const wanted = [browser.read("language", ""), ...navigator.languages].map((one) => String(one).split("-")[0]);
	return wanted.find((one) => Object.hasOwn(LANGUAGES, one)) ?? "en";
}

// The language that a reader of this one would switch to.
export const otherLanguage = () => (language === "en" ? "zh" : "en");
export const nameOf = (code) => ({ lang: LANGUAGES[code].lang, name: LANGUAGES[code].name });

export function switchLanguage(code) {
	browser.write("language", code);
	use(code);
}

// explain turns an error of the server into words of the page, as they are where it has none.
export function explain(error) {
	return strings.errors[error] ?? String(error ?? "");
}

use(preferred());
