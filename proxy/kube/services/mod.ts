/** Services as balancers of the router that is the pods' gateway. */
export { Balancers } from "./balancers.ts";
export { compileService, SERVICE_NAME } from "./compile.ts";
