/**
 * Which hosts are routers' ways to external networks: chosen among those that have a card there and are there themselves,
 * and kept in the router's record, so that all control nodes and hosts go by one choice.
 * Never moves a gateway while its host is there.
 */
export { Gateways, type GatewaysParts } from "./gateways.ts";
