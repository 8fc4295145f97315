/** etcd's gRPC calls over several endpoints: connections, failover, deadlines, and what a failure means. */
import { fileURLToPath } from "node:url";
import {
  type ClientDuplexStream,
  connectivityState,
  credentials,
  Client as GrpcClient,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import { type Entry, StoreRefused, StoreUnavailable, StoreUnknown } from "./store.ts";

export interface KeyValue {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
  version: number;
}

/** What the store tells of a row. */
export const entryOf = ({ key, value, modRevision, version }: KeyValue): Entry => ({
  key,
  value,
  modRevision,
  version,
});

interface Header {
  revision: number;
}
export interface RangeRequest {
  key: string;
  rangeEnd?: string;
  limit?: number;
  revision?: number;
  keysOnly?: boolean;
  countOnly?: boolean;
  /** Leaves out keys that were last written before it. */
  minModRevision?: number;
}
export interface RangeResponse {
  header: Header;
  kvs: KeyValue[];
  more: boolean;
  count: number;
}
export interface Compare {
  target: "CREATE" | "MOD" | "VERSION";
  result: "EQUAL" | "GREATER" | "LESS";
  key: string;
  rangeEnd?: string;
  createRevision?: number;
  modRevision?: number;
  version?: number;
}
export interface RequestOp {
  requestRange?: RangeRequest;
  requestPut?: { key: string; value: string };
  requestDeleteRange?: { key: string };
}
export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}
export interface TxnResponse {
  header: Header;
  succeeded: boolean;
  responses: { responseRange: RangeResponse | null }[];
}
export interface WatchRequest {
  createRequest: { key: string; rangeEnd: string; startRevision: number; progressNotify: boolean; fragment: boolean };
}
export interface WatchResponse {
  header: Header;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  fragment: boolean;
  events: { type: "PUT" | "DELETE"; kv: KeyValue }[];
}
export type WatchStream = ClientDuplexStream<WatchRequest, WatchResponse>;

const packages = loadSync(fileURLToPath(new URL("./etcd.proto", import.meta.url)), {
  longs: Number, // revisions count writes: 2^53 of them do not happen
  enums: String,
  defaults: true,
  arrays: true,
});
const kv = packages["etcdserverpb.KV"] as ServiceDefinition;
const watchService = packages["etcdserverpb.Watch"] as ServiceDefinition;
const METHODS = { range: kv["Range"], txn: kv["Txn"], watch: watchService["Watch"] } as {
  range: MethodDefinition<RangeRequest, RangeResponse>;
  txn: MethodDefinition<TxnRequest, TxnResponse>;
  watch: MethodDefinition<WatchRequest, WatchResponse>;
};

export interface EtcdTimes {
  /** How long a request waits for any endpoint to accept a connection. */
  connectMs: number;
  /** How long a request may take once it is sent. */
  requestMs: number;
}

/** Refused before it reached the raft log, so nothing was written whatever the member did next. */
const REFUSED = new Set<number>([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.UNIMPLEMENTED,
  status.FAILED_PRECONDITION,
]);
const RETRIED = new Set<number>([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

/** The members of one cluster. Requests go to one member until it fails, then to the next that answers. */
export class EtcdRpc {
  readonly #endpoints: readonly string[];
  readonly #clients: readonly GrpcClient[];
  readonly #times: EtcdTimes;
  #current = 0;

  constructor(endpoints: readonly string[], times: EtcdTimes) {
    this.#endpoints = endpoints;
    this.#times = times;
    this.#clients = endpoints.map(
      (endpoint) =>
        new GrpcClient(endpoint, credentials.createInsecure(), {
          // etcd refuses pings more often than every 5 s (--grpc-keepalive-min-time).
          "grpc.keepalive_time_ms": 7000,
          "grpc.keepalive_timeout_ms": 3000,
          "grpc.initial_reconnect_backoff_ms": 100,
          "grpc.max_reconnect_backoff_ms": 1000,
          "grpc.max_receive_message_length": -1,
          "grpc.max_send_message_length": -1,
          "grpc.enable_http_proxy": 0,
          // Both cost time with each call: repeating is done here, and nobody looks at the channels' own statistics.
          "grpc.enable_retries": 0,
          "grpc.enable_channelz": 0,
          // Not shared: closing one store must not disturb another of the same process.
          "grpc.use_local_subchannel_pool": 1,
        }),
    );
  }

  /** A read; repeated on the next member when one fails. @throws StoreUnavailable, or ServiceError for another refusal */
  async range(request: RangeRequest): Promise<RangeResponse> {
    for (let attempt = 0; ; attempt++) {
      const client = await this.#ready();
      try {
        return await this.#unary(client, METHODS.range, request);
      } catch (error) {
        const failure = error as ServiceError;
        if (!RETRIED.has(failure.code)) throw failure;
        this.failed(client);
        if (attempt >= this.#clients.length) throw this.#unavailable(failure);
      }
    }
  }

  /** A write: sent once only. @throws StoreUnavailable, StoreUnknown or StoreRefused */
  async txn(request: TxnRequest): Promise<TxnResponse> {
    const client = await this.#ready();
    try {
      return await this.#unary(client, METHODS.txn, request);
    } catch (error) {
      const failure = error as ServiceError;
      if (REFUSED.has(failure.code)) throw refusal(failure, request);
      // A full database or queue refuses before proposing (etcd server/v3_server.go, quota.go).
      if (failure.code === status.RESOURCE_EXHAUSTED) throw this.#unavailable(failure);
      this.failed(client);
      throw new StoreUnknown(`etcd broke off in a write, which may have been done or not: ${failure.details}`);
    }
  }

  /** Opens a watch on a member that answers; a member that loses its leader ends it (metadata "hasleader"). */
  async watch(): Promise<{ stream: WatchStream; failed: () => void }> {
    const client = await this.#ready();
    const { path, requestSerialize, responseDeserialize } = METHODS.watch;
    const metadata = new Metadata();
    metadata.set("hasleader", "true");
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, {});
    return { stream, failed: () => this.failed(client) };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** The next request tries another member first. */
  failed(client: GrpcClient): void {
    if (this.#clients[this.#current] === client) this.#current = (this.#current + 1) % this.#clients.length;
  }

  #unary<Request, Response>(
    client: GrpcClient,
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const deadline = Date.now() + this.#times.requestMs;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        { deadline },
        (error, response) => (error === null ? resolve(response as Response) : reject(error)),
      );
    });
  }

  /** A connected member: the current one if it is, else whichever answers first. */
  async #ready(): Promise<GrpcClient> {
    const current = this.#clients[this.#current]!;
    if (current.getChannel().getConnectivityState(true) === connectivityState.READY) return current;
    const deadline = Date.now() + this.#times.connectMs;
    const connected = (client: GrpcClient, index: number) =>
      new Promise<number>((resolve, reject) => {
        client.waitForReady(deadline, (error) => (error === undefined ? resolve(index) : reject(error)));
      });
    try {
      this.#current = await Promise.any(this.#clients.map(connected));
    } catch {
      throw this.#unavailable({ details: `no connection within ${this.#times.connectMs} ms` });
    }
    return this.#clients[this.#current]!;
  }

  #unavailable(failure: { details: string }): StoreUnavailable {
    return new StoreUnavailable(`etcd does not answer at ${this.#endpoints.join(", ")}: ${failure.details}`);
  }
}

function refusal(failure: ServiceError, request: TxnRequest): StoreRefused {
  const size = `${request.compare.length} guards, ${request.success.length} writes`;
  return new StoreRefused(
    `etcd refused the transaction (${size}): ${failure.details}. Large ones need etcd's --max-txn-ops and --max-request-bytes.`,
  );
}
