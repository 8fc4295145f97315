/** Two small container images as one OCI archive, so that no registry is asked: what holds a pod, and busybox. */
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { webRoot } from "../blob.ts";
import { BUILD, makeDirectory } from "../place.ts";
import { must } from "../run.ts";

export const PAUSE_IMAGE = "lab.local/pause:1";
/** All of busybox's commands, and /www with the reach tests' blob and {@link writePeerScript}. */
export const BUSYBOX_IMAGE = "lab.local/busybox:1";

export const PEER_PATH = "/cgi-bin/peer";

const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";

interface Blob {
  digest: string;
  size: number;
}

let made: Promise<string> | undefined;

/** The archive's path; made on first use. Several processes may ask at once. */
export function imagesArchive(): Promise<string> {
  made ??= make();
  return made;
}

async function make(): Promise<string> {
  const directory = await makeDirectory(join(BUILD, "kit"));
  const source = await readFile(import.meta.filename);
  const archive = join(directory, `images-${createHash("sha256").update(source).digest("hex").slice(0, 12)}.tar`);
  if (await stat(archive).catch(() => undefined)) return archive;
  const work = await mkdtemp(join(tmpdir(), "cable-images-"));
  try {
    const oci = join(work, "oci");
    await mkdir(join(oci, "blobs/sha256"), { recursive: true });
    const manifests = [
      await image(oci, PAUSE_IMAGE, await pauseRoot(work), { Entrypoint: ["/pause"] }),
      await image(oci, BUSYBOX_IMAGE, await busyboxRoot(work), { Env: ["PATH=/bin"], Cmd: ["/bin/sh"] }),
    ];
    await writeFile(join(oci, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await writeFile(join(oci, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
    const fresh = `${archive}.${process.pid}`;
    await must(["tar", "-C", oci, "-cf", fresh, "oci-layout", "index.json", "blobs"]);
    await rename(fresh, archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

async function pauseRoot(work: string): Promise<string> {
  const root = await makeDirectory(join(work, "pause"));
  await must(["gcc", "-Os", "-static", "-s", "-o", join(root, "pause"), join(import.meta.dirname, "pause.c")]);
  return root;
}

async function busyboxRoot(work: string): Promise<string> {
  const root = join(work, "busybox");
  const folders = ["bin", "etc", "tmp", "root", "proc", "sys", "dev", "www"];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await cp((await must(["which", "busybox"])).trim(), join(root, "bin/busybox"));
  const commands = (await must(["busybox", "--list"])).trim().split("\n");
  await Promise.all(
    commands.filter((name) => name !== "busybox").map((name) => symlink("busybox", join(root, "bin", name))),
  );
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(root, "etc/group"), "root:x:0:\n");
  await cp(join(await webRoot(), "blob"), join(root, "www/blob"));
  await writePeerScript(join(root, "www"));
  return root;
}

/** What busybox's httpd runs when it is asked for {@link PEER_PATH}: tells callers their addresses as it sees them. */
export async function writePeerScript(directory: string): Promise<void> {
  const file = join(directory, PEER_PATH);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '#!/bin/sh\necho\necho "$REMOTE_ADDR"\n', { mode: 0o755 });
}

/** One layer, one configuration, one manifest (OCI image specification); returns the index's entry. */
async function image(oci: string, name: string, root: string, config: object): Promise<object> {
  const tar = join(dirname(oci), "layer.tar");
  const owner = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  await must(["tar", ...owner, "-C", root, "-cf", tar, "."]);
  const layer = await blob(oci, await readFile(tar));
  const rootfs = { type: "layers", diff_ids: [layer.digest] };
  const about = await blob(oci, JSON.stringify({ architecture: ARCHITECTURE, os: "linux", config, rootfs }));
  const media = (kind: string) => `application/vnd.oci.image.${kind}`;
  const manifest = await blob(
    oci,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: media("manifest.v1+json"),
      config: { mediaType: media("config.v1+json"), ...about },
      layers: [{ mediaType: media("layer.v1.tar"), ...layer }],
    }),
  );
  const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name };
  return { mediaType: media("manifest.v1+json"), ...manifest, annotations };
}

async function blob(oci: string, content: Buffer | string): Promise<Blob> {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex");
  await writeFile(join(oci, "blobs/sha256", hash), bytes);
  return { digest: `sha256:${hash}`, size: bytes.length };
}
