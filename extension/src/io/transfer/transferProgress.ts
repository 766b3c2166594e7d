export interface TransferProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** Bytes sent and received over the connection: fewer than `bytes` if differences are sent, or if they are compressed. */
  readonly wireBytes: number;
  /** The speed in `bytes`, once it is known. */
  readonly bytesPerSecond?: number;
  /** The connection was lost; another attempt follows. */
  readonly isReconnecting?: boolean;
  /** The server is busy with other transfers of the token; another attempt follows. */
  readonly isQueued?: boolean;
}
