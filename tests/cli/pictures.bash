# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the seg authors
# pictures.bash: a data set for the shell tests. Source it behind lib.bash.

# Palette PNGs of 40x40 with a disc (id 1) and a square (id 2): each is its own label map.
pictures=(
    iVBORw0KGgoAAAANSUhEUgAAACgAAAAoAgMAAADxkFD+AAAADFBMVEUeKDLSPCgyvlAAAAC5EHLkAAAANElEQVR42mNgAAGuVasWMDAMLJPGgDE0AMYUDQ2FMUNDQx0wmIxAZgC1mNitQHYDksuIBwA7VyjfhUAepwAAAABJRU5ErkJggg==
    iVBORw0KGgoAAAANSUhEUgAAACgAAAAoAgMAAADxkFD+AAAADFBMVEUeKDLSPCgyvlAAAAC5EHLkAAAAM0lEQVR42mNgIAZwrVq1YKCZCCAaCmMxhoYGQJmsoaEhmEzR0NBQqjGxW4HkBiSX0RoAAPTpJkuSFQ8fAAAAAElFTkSuQmCC
    iVBORw0KGgoAAAANSUhEUgAAACgAAAAoAgMAAADxkFD+AAAADFBMVEUeKDLSPCgyvlAAAAC5EHLkAAAAOUlEQVR42mNgoAbgWrVqATnMlaEBMObU0FAYMzQ01AGDyQlkBuBjMpLAZECYi8wUhbsBqDiAYTADAMJ4HFVoK66lAAAAAElFTkSuQmCC
    iVBORw0KGgoAAAANSUhEUgAAACgAAAAoAgMAAADxkFD+AAAADFBMVEUeKDLSPCgyvlAAAAC5EHLkAAAANklEQVR42mNgoBIQDYWxGENDA6BM1tDQEBDNtWrVUgRzamhoKNWYS7FasRDqBiBzAcJlwwgAAP8wJWuzwMW/AAAAAElFTkSuQmCC
)
# make_data DIR: classes.txt, and the four pictures as both splits.
make_data() {
    local split i
    printf 'background\ndisc\nsquare\n' >"$1/classes.txt"
    for split in train val; do
        mkdir -p "$1/$split/images" "$1/$split/labels"
        for i in 0 1 2 3; do
            printf '%s' "${pictures[i]}" | base64 -d >"$1/$split/images/$i.png"
            cp "$1/$split/images/$i.png" "$1/$split/labels/"
        done
    done
}
