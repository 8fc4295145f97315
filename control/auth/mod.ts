/**
 * Who asks: implementations of api/networking.ts's Authenticator, and tokens. Decides nothing about what a caller may do.
 * Invariant: a token is known by its SHA-256, which secrets of ours are compared by in constant time; it is never logged
 * or kept.
 */
export { JsonHttp } from "./json-http.ts";
export { KeystoneAuth, type KeystoneAuthOptions } from "./keystone.ts";
export { KeystoneClient, KeystoneUnavailable } from "./keystone-client.ts";
export { noAuth } from "./no-auth.ts";
export { bearerToken, digestOf, isTokenOf } from "./token.ts";
export { tokenAuth } from "./token-auth.ts";
