/**
 * Routes, by who may call them:
 *   admin: POST /v1/hosts {NewHost} -> 201 {name, token, ...}; GET /v1/hosts; GET and DELETE /v1/hosts/:host;
 *          GET /v1/kubernetes/audit?kubernetes_cluster=NAME -> 200 {findings}
 *   host:  GET /v1/hosts/:host/watch?since=N -> lines of ViewMessage
 *          PUT /v1/hosts/:host/status {HostStatus} -> 204
 *          POST /v1/hosts/:host/ports {NewContainerPort} -> 201 PortRecord (200 if it was there)
 *          DELETE /v1/hosts/:host/ports/:id -> 204 (404 if it is not a container port of this host)
 *   node:  POST /v1/hosts/:host/token {NodeTokenRequest} -> 200 {token}; its credential is its pod's service account token
 *   anyone: GET /v1/openapi.json, which describes all of these; GET /healthz -> 200 when the store answers, 503 otherwise; GET /metrics
 * Credentials: `Authorization: Bearer <token>` or `X-Auth-Token`. 401 unknown token, 403 another host's path.
 */
export const HOST_ROUTES = {
  create: { method: "POST", url: "/v1/hosts" },
  list: { method: "GET", url: "/v1/hosts" },
  get: { method: "GET", url: "/v1/hosts/:host" },
  remove: { method: "DELETE", url: "/v1/hosts/:host" },
  token: { method: "POST", url: "/v1/hosts/:host/token" },
  watch: { method: "GET", url: "/v1/hosts/:host/watch" },
  status: { method: "PUT", url: "/v1/hosts/:host/status" },
  createPort: { method: "POST", url: "/v1/hosts/:host/ports" },
  deletePort: { method: "DELETE", url: "/v1/hosts/:host/ports/:id" },
  audit: { method: "GET", url: "/v1/kubernetes/audit" },
} as const;
