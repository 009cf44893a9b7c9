// Makes each heading a button that sorts; without this script the best stand first.
const body = document.querySelector("tbody");
for (const heading of document.querySelectorAll("thead th")) {
  const button = document.createElement("button");
  button.textContent = heading.textContent;
  heading.replaceChildren(button);
  button.addEventListener("click", () => {
    const upwards = heading.getAttribute("aria-sort") === "descending";
    for (const other of document.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", upwards ? "ascending" : "descending");
    const value = (row) => row.cells[heading.cellIndex].dataset.value;
    const rows = [...body.rows].sort((one, other) => value(one).localeCompare(value(other), "en", { numeric: true }));
    body.append(...(upwards ? rows : rows.reverse()));
  });
}
