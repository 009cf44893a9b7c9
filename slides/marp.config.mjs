// How marp-cli builds the decks; `python3 workshop.py slides` calls it. Nothing is fetched from the internet.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

// Each HTML file is to be complete in itself, wherever it is copied to: a figure becomes part of it.
function withFigures(markdown) {
  const plain = markdown.renderer.rules.image;
  markdown.renderer.rules.image = (tokens, index, ...rest) => {
    const source = tokens[index].attrGet("src");
    if (source?.endsWith(".svg")) {
      const svg = readFileSync(resolve(HERE, source)).toString("base64");
      tokens[index].attrSet("src", `data:image/svg+xml;base64,${svg}`);
    }
    return plain(tokens, index, ...rest);
  };
}

// The decks have code word for word as the solutions, indented as there; on a slide the common indent is mere space.
function withoutIndent(markdown) {
  const plain = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const lines = tokens[index].content.split("\n");
    const indent = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
    tokens[index].content = lines.map((line) => line.slice(indent)).join("\n");
    return plain(tokens, index, ...rest);
  };
}

export default {
  lang: "en",
  themeSet: [resolve(HERE, "theme.css")],
  options: { emoji: { shortcode: false, unicode: false }, math: false, script: false },
  engine: ({ marp }) => marp.use(withFigures).use(withoutIndent),
};
