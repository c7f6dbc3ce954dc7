import { Injectable } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { KnownStore } from '../object-store/store-capabilities.js';

/**
 * Bytes of a file that is read once, when it has arrived, in a store that keeps parts that were cut; larger ones pass
 * through this server.
 */
export const LARGEST_READ_BACK = 256 * 1024 ** 2;

/**
 * How files come into the object store: straight, by way of this server, or not at all. Nothing is changed by what is not
 * known of the store.
 */
@Injectable()
export class FilePolicy {
  constructor(
    private readonly known: KnownStore,
    private readonly configuration: Configuration,
  ) {}

  /** Why jobs are not offered to upload files; undefined: they are. */
  refusal(): string | undefined {
    if (this.configuration.server.manager.files === 'always') return undefined;
    const why = this.whyNotWhole();
    return (
      why &&
      `Jobs are not offered to upload files, for the object store ${why} (server.manager.files: always offers it all the same).`
    );
  }

  /**
   * Whether what a job sends has to pass through this server, which sees when it is cut.
   * @param size bytes of the whole file; undefined: a part of one, and only large files come in parts
   */
  isRelayed(size: number | undefined): boolean {
    return this.known.capabilities().dropsCutParts === 'no' && (size === undefined || size > LARGEST_READ_BACK);
  }

  private whyNotWhole(): string | undefined {
    const { presignedAddresses, multipartListing, dropsCutParts, checksumHeader, contentMd5 } =
      this.known.capabilities();
    if (presignedAddresses === 'no') return 'takes nothing at presigned addresses';
    if (multipartListing === 'no') return 'does not list the parts of an upload';
    if (dropsCutParts === 'no' && checksumHeader === 'no' && contentMd5 === 'no')
      return 'keeps parts that were cut, and looks at no checksum';
    return undefined;
  }
}
