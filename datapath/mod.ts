/** Data planes behind one interface. Drivers know Linux through `host` only; nothing here knows the control node. */
export * from "./datapath.ts";
