// The proof against forged forms, which every request that changes something carries.
export function csrf() {
  return document.querySelector("meta[name=csrf-token]")?.content || "";
}
