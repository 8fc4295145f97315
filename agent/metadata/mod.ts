/**
 * The metadata service at 169.254.169.254: guests' requests go to Nova, signed. Who asks is known from the address that the
 * data plane gave the connection, never from anything a guest says.
 */
export { type Metadata, type MetadataOptions, startMetadata } from "./proxy.ts";
