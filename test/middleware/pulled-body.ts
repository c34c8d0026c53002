/** A body that is produced piece by piece, as it is read. */
export function bytesOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done === true) controller.close()
      else controller.enqueue(Buffer.from(value))
    },
    cancel: async () => void (await pieces.return(undefined)),
  })
}
