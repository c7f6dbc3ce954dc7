import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Share, withShare } from '../ogc/requests/share.js';

/** The link for others that led to the page; undefined: none did. */
export const ShareContext = createContext<Share | undefined>(undefined);

export const useShare = (): Share | undefined => useContext(ShareContext);

/** Addresses as whoever looks at the page can follow them. */
export function useShared(): (address: string) => string {
  const share = useShare();
  return (address) => withShare(address, share);
}
