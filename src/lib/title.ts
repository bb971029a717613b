/** Characters a title that is made from a message has at the most. */
export const MAX_TITLE = 120;

/** The first line of `message`, cut at 120 characters without halving a surrogate pair. */
export function titleOf(message: string): string {
  let end = message.length > MAX_TITLE ? MAX_TITLE : message.length;
  for (let index = 0; index < end; index += 1) {
    const code = message.charCodeAt(index);
    if (code === 10 || code === 13) {
      end = index;
      break;
    }
  }
  if (end === message.length) return message;
  const last = message.charCodeAt(end - 1);
  if (end === MAX_TITLE && last >= 0xd800 && last <= 0xdbff) end -= 1;
  return message.slice(0, end);
}
