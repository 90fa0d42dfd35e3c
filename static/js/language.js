// The buttons that switch the language, at the entry and among the rooms. Each is named in the language that it leads to.

import { fillStrings } from "./dom.js";
import { language, nameOf, otherLanguage, switchLanguage } from "./strings.js";

export class LanguageSwitch {
	// changed is called once the document has its new words.
	constructor(changed) {
		this.drawn = "";
		this.buttons = document.querySelectorAll("[data-switch-language]");
		for (const button of this.buttons)
			button.addEventListener("click", () => {
				switchLanguage(otherLanguage());
				changed();
			});
	}

	draw() {
		if (this.drawn === language)
			return;
		this.drawn = language;
		fillStrings();
		const { lang, name } = nameOf(otherLanguage());
		for (const button of this.buttons) {
			button.lang = lang;
			button.textContent = name;
		}
	}
}
