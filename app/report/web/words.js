// The words of the page, Chinese first; {name} in a text is filled in.
const WORDS = JSON.parse(document.getElementById("words").textContent);
export const LANGUAGES = Object.keys(WORDS);
export let language = LANGUAGES[0];
export const other = () => LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];

export function useLanguage(wanted) {
  language = wanted;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = t(element.dataset.placeholder);
}

export const t = (key, values = {}) =>
  (WORDS[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
export const has = (key) => key in WORDS[language];

// A pair [Chinese, English], or {"zh-CN": …, en: …}, in the language of the page.
export const pick = (pair) => Array.isArray(pair) ? pair[LANGUAGES.indexOf(language)] : pair[language];

// An element with text or children; names of attributes as in HTML.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
