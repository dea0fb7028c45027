// An address is proposed from a name while it is typed, until somebody writes one of their own.
export function startAddresses() {
  for (const address of document.querySelectorAll("input[data-named-by]")) {
    const name = address.form.elements[address.dataset.namedBy];
    let isOwn = Boolean(address.value);
    address.addEventListener("input", () => (isOwn = Boolean(address.value)));
    name.addEventListener("input", () => {
      if (!isOwn) address.value = addressOf(name.value, address.maxLength);
    });
  }
}

function addressOf(name, longest) {
  const plain = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const joined = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "");
  return joined.slice(0, longest > 0 ? longest : undefined).replace(/-$/, "");
}
