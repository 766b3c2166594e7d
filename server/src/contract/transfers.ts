import * as z from 'zod';

/**
 * The request header of `PUT …/sessions/:id/files?path=P` with the offset in the file, in bytes, at which the body begins;
 * 0 without it. The name is that of the IETF's draft on resumable uploads.
 */
export const uploadOffsetHeader = 'upload-offset';

/**
 * The header that names the encoding of a file's bytes in a body: of an upload, or of the response to a download, whose request
 * names in it the encoding that the client reads. It is not Content-Encoding, since offsets and ranges are those of the file, and
 * a proxy or a client's library that decodes the body would leave the header in place.
 */
export const fileEncodingHeader = 'x-palmtree-encoding';

/** The encodings of a file's bytes, besides none. */
export const zstdEncoding = 'zstd';

/** zstd's window, as a power of two: an encoder may not use a larger one, which would take a decoder's memory. */
export const zstdWindowLog = 23;

/** The uploads and downloads of one session at once. More wait for their turn. */
export const maxTransfersAtOnce = 4;

/** The field `http` of a session: the server also moves its files by HTTP. The sessions of older servers lack the field. */
export const httpTransfer = z.object({
  /** The encodings that the server reads and writes. */
  encodings: z.array(z.string().max(20)).max(20),
});

export type HttpTransfer = z.infer<typeof httpTransfer>;
