/** Messages of DNS: names, what is in a message and where, and answers. No I/O; nothing here throws, whatever it is given. */
export * from "./encode.ts";
export * from "./message.ts";
export * from "./name.ts";
