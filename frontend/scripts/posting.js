// A form sent without leaving the page, for those that count once however often they arrive.
export const PAUSE = 1500;

export const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// The answer, or nothing if none came.
export async function attempt(form, milliseconds) {
  try {
    return await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(milliseconds),
    });
  } catch {
    return null;
  }
}
