// Words of the shell in the reader's language, put into the page by the server.
const place = document.getElementById("shell-words");
export const words = place ? JSON.parse(place.textContent) : {};
