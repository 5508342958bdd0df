// Syscalls whose arguments are objects and not JSON. They reach Rust as ordinary ones, with bytes in base64.

export default function storage(host) {
  const ask = async (operation, argument) => JSON.parse(await host.asyncSyscall(operation, JSON.stringify(argument)));

  const jsSyscall = async (operation, { blob, ...argument }) => {
    switch (operation) {
      case "storage/storeBlob": {
        const bytes = new Uint8Array(await blob.arrayBuffer());
        return await ask(operation, { ...argument, blob: host.toBase64(host.part("text").binary(bytes)), contentType: blob.type === "" ? null : blob.type });
      }
      case "storage/getBlob": {
        const stored = await ask(operation, argument);
        return stored === null ? null : new Blob([host.fromBase64(stored.blob)], { type: stored.contentType ?? "" });
      }
      default:
        throw new Error(`Unknown operation ${operation}`);
    }
  };
  return { jsSyscall };
}
