/** Resolves once the event loop has polled its sockets: what had already arrived has then been read. */
export function fullTurn(): Promise<void> {
  // The first may still belong to the turn that is under way.
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
