/** Paths that the router can read, whatever the client sent. */

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};

/** U+FFFD, as UTF-8 in a URL. */
const REPLACEMENT = "%EF%BF%BD";

/**
 * The same URL, where a % that begins no byte stands for itself, as Python reads it for Neutron, and bytes that are no
 * UTF-8 become U+FFFD: such a path names nothing, which the doors say in their own words.
 */
export function decodable(url: string): string {
  if (!url.includes("%") || isDecodable(url)) return url;
  return url
    .replace(/%(?![0-9a-f]{2})/gi, "%25")
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => (isDecodable(bytes) ? bytes : REPLACEMENT));
}
