"""Header blocks with PyPI's hpack: reads one JSON object from standard input, writes one.

{"decode": [[table size, hex], ...]} gives the fields of each block; {"encode": [[table size, fields], ...]} gives blocks in hex.
"""

import json
import sys

from hpack import Decoder, Encoder


def decode(blocks):
    decoder = Decoder(max_header_list_size=1 << 20)
    result = []
    for size, block in blocks:
        decoder.max_allowed_table_size = size
        fields = decoder.decode(bytes.fromhex(block), raw=True)
        result.append([[name.decode("latin-1"), value.decode("latin-1")] for name, value in fields])
    return result


def encode(lists):
    encoder = Encoder()
    result = []
    for index, (size, fields) in enumerate(lists):
        if size != encoder.header_table_size:
            encoder.header_table_size = size
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        result.append(encoder.encode(raw, huffman=index % 3 != 0).hex())
    return result


order = json.load(sys.stdin)
json.dump({"decode": decode(order["decode"]), "encode": encode(order["encode"])}, sys.stdout)
