/** Who answers a request of a client. */

export interface ClientStreamOwner {
  onClientData(data: Buffer, isEnd: boolean): void;
  onClientTrailers(): void;
  /** Queued data left: as many bytes. */
  onClientSent(bytes: number): void;
  /** The client is gone or reset the request. */
  abandon(): void;
}
