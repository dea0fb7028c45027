// The proof against forged forms, which every request that changes something carries.
export function csrf() {
  return document.querySelector("meta[name=csrf-token]")?.content || "";
}

export function renew(proof) {
  const meta = document.querySelector("meta[name=csrf-token]");
  if (meta) meta.content = proof;
  for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) input.value = proof;
}
