// The words of the page: i18n/<language>.json, flat keys; {name} in a text is filled in. Below them those of alerts' values.
export const LANGUAGES = ["zh-CN", "en"];
const KEPT_AS = "muckwatch.language";

let words = {};
export let language = LANGUAGES[0];

export async function useLanguage(wanted) {
  language = LANGUAGES.includes(wanted) ? wanted : LANGUAGES[0];
  const [ofValues, own] = await Promise.all([`i18n/alerts/${language}.json`, `i18n/${language}.json`].map(async (file) => (await fetch(file)).json()));
  words = { ...ofValues, ...own };
  localStorage.setItem(KEPT_AS, language);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-i18n]")) {
    element.textContent = t(element.dataset.i18n);
  }
}

export const keptLanguage = () => localStorage.getItem(KEPT_AS);
export const nextLanguage = () => LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
export const has = (key) => key in words;

export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
