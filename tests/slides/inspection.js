// Runs in the page: returns what is wrong with the slide that is shown.
() => {
  const section = document.querySelector(".bespoke-marp-active section");
  const found = [];
  const say = (fault, text) => found.push(`${fault}: ${text.trim().replace(/\s+/g, " ").slice(0, 60)}`);

  // Room: what is at the foot may be anywhere on the slide, the rest has to keep within the padding.
  const slide = section.getBoundingClientRect();
  const style = getComputedStyle(section);
  const inner = {
    left: slide.left + parseFloat(style.paddingLeft),
    right: slide.right - parseFloat(style.paddingRight),
    top: slide.top + parseFloat(style.paddingTop),
    bottom: slide.bottom - parseFloat(style.paddingBottom),
  };
  const within = (box, room) =>
    box.left >= room.left - 1 && box.right <= room.right + 1 && box.top >= room.top - 1 && box.bottom <= room.bottom + 1;
  const isAtFoot = (element) => getComputedStyle(element.closest("section > *")).position === "absolute";
  for (const element of section.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (!within(box, isAtFoot(element) ? slide : inner)) say("overflows the slide", element.textContent || element.alt);
    const isCut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (getComputedStyle(element).overflow !== "visible" && element.tagName !== "IMG" && isCut)
      say("is cut off", element.textContent);
  }

  // Pictures
  for (const image of section.querySelectorAll("img")) if (!image.naturalWidth) say("image is missing", image.alt);

  // Contrast, by WCAG 2: 4.5 to 1, large text 3 to 1
  const channels = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { parts: [red, green, blue], alpha };
  };
  const over = (top, ground) => top.parts.map((part, index) => part * top.alpha + ground[index] * (1 - top.alpha));
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    const color = channels(getComputedStyle(element).backgroundColor);
    return color.alpha === 1 ? color.parts : over(color, ground(element.parentElement));
  };
  const luminance = (parts) => {
    const [red, green, blue] = parts.map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const opacity = (element) =>
    element === document.body ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);
  const judge = (element, look, text) => {
    const color = channels(look.color);
    color.alpha *= opacity(element);
    const behind = ground(element);
    const [dark, light] = [luminance(over(color, behind)), luminance(behind)].sort((one, other) => one - other);
    const size = parseFloat(look.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(look.fontWeight) >= 700);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (isLarge ? 3 : 4.5)) say(`contrast of ${ratio.toFixed(2)}`, text);
    if (size < 18) say(`text of ${size} px`, text);
  };
  const texts = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, textContent: text } = texts.currentNode;
    if (text.trim() && !element.closest("style")) judge(element, getComputedStyle(element), text);
  }
  judge(section, getComputedStyle(section, "::after"), "the number of the slide");
  return found;
};
