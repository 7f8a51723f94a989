"""The table of answers that ``test_access_table`` asks for: each endpoint and method, by role and state.

Columns are the roles that every installation has, in sessions, and then tokens of the curator, each with one
scope. A line is a state that a record may be in, for a record marked no higher than the role may read; one that is
marked higher has to answer like the line `absent`, byte by byte. A cell is the status, `+` for an answer that tells
of the record, or `-` for one that is the same as without it. Writes give a reason and send If-Match: *; what is to be
unmerged was never merged with it, and nothing is named to be split off, so that those who may are told so by a 400.
What is pending was written by none of the roles, so that only who may publish discards it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .grammar import LISTS

TABLE = """
                               anonymous reader contributor curator administrator  read propose write publish import

GET v1/{record}/?id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    purged                     -         -      -           -       -              -    -       -     -       -
    merged                     -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/{record}/?view=working&id={id}
    published                  401       403    +           +       +              403  +       +     +       +
    pending                    401       403    +           +       +              403  +       +     +       +
    draft                      401       403    +           +       +              403  +       +     +       +
    in_review                  401       403    +           +       +              403  +       +     +       +
    withdrawn                  401       403    +           +       +              403  +       +     +       +
    purged                     401       403    -           -       -              403  -       -     -       -
    merged                     401       403    +           +       +              403  +       +     +       +
    absent                     401       403    -           -       -              403  -       -     -       -

GET v1/{record}/?format=csv&id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    purged                     -         -      -           -       -              -    -       -     -       -
    merged                     -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/{record}/?format=ndjson&view=working&id={id}
    published                  401       403    +           +       +              403  +       +     +       +
    pending                    401       403    +           +       +              403  +       +     +       +
    draft                      401       403    +           +       +              403  +       +     +       +
    in_review                  401       403    +           +       +              403  +       +     +       +
    withdrawn                  401       403    +           +       +              403  +       +     +       +
    purged                     401       403    -           -       -              403  -       -     -       -
    merged                     401       403    +           +       +              403  +       +     +       +
    absent                     401       403    -           -       -              403  -       -     -       -

GET v1/{record}/{id}/
    published                  200       200    200         200     200            200  200     200   200     200
    pending                    200       200    200         200     200            200  200     200   200     200
    draft                      404       404    404         404     404            404  404     404   404     404
    in_review                  404       404    404         404     404            404  404     404   404     404
    withdrawn                  410       410    410         410     410            410  410     410   410     410
    purged                     410       410    410         410     410            410  410     410   410     410
    merged                     308       308    308         308     308            308  308     308   308     308
    absent                     404       404    404         404     404            404  404     404   404     404

GET v1/{record}/{id}/?view=working
    published                  401       403    200         200     200            403  200     200   200     200
    pending                    401       403    200         200     200            403  200     200   200     200
    draft                      401       403    200         200     200            403  200     200   200     200
    in_review                  401       403    200         200     200            403  200     200   200     200
    withdrawn                  401       403    200         200     200            403  200     200   200     200
    purged                     401       403    410         410     410            403  410     410   410     410
    merged                     401       403    200         200     200            403  200     200   200     200
    absent                     401       403    404         404     404            403  404     404   404     404

GET v1/stats/facets/?id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    purged                     -         -      -           -       -              -    -       -     -       -
    merged                     -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/stats/profile/?id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    purged                     -         -      -           -       -              -    -       -     -       -
    merged                     -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/{profiled}/{id}/profile/
    published                  200       200    200         200     200            200  200     200   200     200
    pending                    200       200    200         200     200            200  200     200   200     200
    draft                      404       404    404         404     404            404  404     404   404     404
    in_review                  404       404    404         404     404            404  404     404   404     404
    withdrawn                  410       410    410         410     410            410  410     410   410     410
    purged                     410       410    410         410     410            410  410     410   410     410
    merged                     308       308    308         308     308            308  308     308   308     308
    absent                     404       404    404         404     404            404  404     404   404     404

GET v1/{profiled}/{id}/profile/?view=working
    published                  401       403    200         200     200            403  200     200   200     200
    pending                    401       403    200         200     200            403  200     200   200     200
    draft                      401       403    200         200     200            403  200     200   200     200
    in_review                  401       403    200         200     200            403  200     200   200     200
    withdrawn                  401       403    200         200     200            403  200     200   200     200
    purged                     401       403    410         410     410            403  410     410   410     410
    merged                     401       403    200         200     200            403  200     200   200     200
    absent                     401       403    404         404     404            403  404     404   404     404

GET v1/stats/{counted}/?id={id}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    purged                     -         -      -           -       -              -    -       -     -       -
    merged                     -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/stats/{counted}/?view=working&id={id}
    published                  401       403    +           +       +              403  +       +     +       +
    pending                    401       403    +           +       +              403  +       +     +       +
    draft                      401       403    +           +       +              403  +       +     +       +
    in_review                  401       403    +           +       +              403  +       +     +       +
    withdrawn                  401       403    +           +       +              403  +       +     +       +
    purged                     401       403    -           -       -              403  -       -     -       -
    merged                     401       403    +           +       +              403  +       +     +       +
    absent                     401       403    -           -       -              403  -       -     -       -

GET v1/changes/?page_size=1000&record_type={type}
    published                  +         +      +           +       +              +    +       +     +       +
    pending                    +         +      +           +       +              +    +       +     +       +
    draft                      -         -      -           -       -              -    -       -     -       -
    in_review                  -         -      -           -       -              -    -       -     -       -
    withdrawn                  -         -      -           -       -              -    -       -     -       -
    purged                     -         -      -           -       -              -    -       -     -       -
    merged                     -         -      -           -       -              -    -       -     -       -
    absent                     -         -      -           -       -              -    -       -     -       -

GET v1/changes/?page_size=1000&record_type={type}&view=working
    published                  401       403    +           +       +              403  +       +     +       +
    pending                    401       403    +           +       +              403  +       +     +       +
    draft                      401       403    +           +       +              403  +       +     +       +
    in_review                  401       403    +           +       +              403  +       +     +       +
    withdrawn                  401       403    +           +       +              403  +       +     +       +
    purged                     401       403    -           -       -              403  -       -     -       -
    merged                     401       403    +           +       +              403  +       +     +       +
    absent                     401       403    -           -       -              403  -       -     -       -

POST v1/{record}/
    absent                     401       403    201         201     201            403  201     201   403     403

PATCH v1/{record}/
    published                  401       403    200         200     200            403  200     200   403     403
    pending                    401       403    200         200     200            403  200     200   403     403
    draft                      401       403    200         200     200            403  200     200   403     403
    in_review                  401       403    200         200     200            403  200     200   403     403
    withdrawn                  401       403    200         200     200            403  200     200   403     403
    purged                     401       403    410         410     410            403  410     410   403     403
    merged                     401       403    409         409     409            403  409     409   403     403
    absent                     401       403    404         404     404            403  404     404   403     403

PUT v1/{record}/{id}/
    published                  401       403    200         200     200            403  200     200   403     403
    pending                    401       403    200         200     200            403  200     200   403     403
    draft                      401       403    200         200     200            403  200     200   403     403
    in_review                  401       403    200         200     200            403  200     200   403     403
    withdrawn                  401       403    200         200     200            403  200     200   403     403
    purged                     401       403    410         410     410            403  410     410   403     403
    merged                     401       403    409         409     409            403  409     409   403     403
    absent                     401       403    404         404     404            403  404     404   403     403

PATCH v1/{record}/{id}/
    published                  401       403    200         200     200            403  200     200   403     403
    pending                    401       403    200         200     200            403  200     200   403     403
    draft                      401       403    200         200     200            403  200     200   403     403
    in_review                  401       403    200         200     200            403  200     200   403     403
    withdrawn                  401       403    200         200     200            403  200     200   403     403
    purged                     401       403    410         410     410            403  410     410   403     403
    merged                     401       403    409         409     409            403  409     409   403     403
    absent                     401       403    404         404     404            403  404     404   403     403

DELETE v1/{record}/{id}/
    published                  401       403    403         200     200            403  403     200   403     403
    pending                    401       403    403         200     200            403  403     200   403     403
    draft                      401       403    403         200     200            403  403     200   403     403
    in_review                  401       403    403         200     200            403  403     200   403     403
    withdrawn                  401       403    403         409     409            403  403     409   403     403
    purged                     401       403    403         410     410            403  403     410   403     403
    merged                     401       403    403         409     409            403  403     409   403     403
    absent                     401       403    403         404     404            403  403     404   403     403

POST v1/{record}/{id}/submit/
    published                  401       403    409         409     409            403  409     409   403     403
    pending                    401       403    200         200     200            403  200     200   403     403
    draft                      401       403    200         200     200            403  200     200   403     403
    in_review                  401       403    409         409     409            403  409     409   403     403
    withdrawn                  401       403    409         409     409            403  409     409   403     403
    purged                     401       403    410         410     410            403  410     410   403     403
    merged                     401       403    409         409     409            403  409     409   403     403
    absent                     401       403    404         404     404            403  404     404   403     403

POST v1/{record}/{id}/publish/
    published                  401       403    403         409     409            403  403     403   409     403
    pending                    401       403    403         200     200            403  403     403   200     403
    draft                      401       403    403         200     200            403  403     403   200     403
    in_review                  401       403    403         200     200            403  403     403   200     403
    withdrawn                  401       403    403         409     409            403  403     403   409     403
    purged                     401       403    403         410     410            403  403     403   410     403
    merged                     401       403    403         409     409            403  403     403   409     403
    absent                     401       403    403         404     404            403  403     403   404     403

POST v1/{record}/{id}/return/
    published                  401       403    403         409     409            403  403     403   409     403
    pending                    401       403    403         409     409            403  403     403   409     403
    draft                      401       403    403         409     409            403  403     403   409     403
    in_review                  401       403    403         200     200            403  403     403   200     403
    withdrawn                  401       403    403         409     409            403  403     403   409     403
    purged                     401       403    403         410     410            403  403     403   410     403
    merged                     401       403    403         409     409            403  403     403   409     403
    absent                     401       403    403         404     404            403  403     403   404     403

POST v1/{record}/{id}/withdraw/
    published                  401       403    403         200     200            403  403     200   403     403
    pending                    401       403    403         200     200            403  403     200   403     403
    draft                      401       403    403         200     200            403  403     200   403     403
    in_review                  401       403    403         200     200            403  403     200   403     403
    withdrawn                  401       403    403         409     409            403  403     409   403     403
    purged                     401       403    403         410     410            403  403     410   403     403
    merged                     401       403    403         409     409            403  403     409   403     403
    absent                     401       403    403         404     404            403  403     404   403     403

GET v1/{record}/{id}/history/
    published                  200       200    200         200     200            200  200     200   200     200
    pending                    200       200    200         200     200            200  200     200   200     200
    draft                      404       404    404         404     404            404  404     404   404     404
    in_review                  404       404    404         404     404            404  404     404   404     404
    withdrawn                  410       410    410         410     410            410  410     410   410     410
    purged                     410       410    410         410     410            410  410     410   410     410
    merged                     308       308    308         308     308            308  308     308   308     308
    absent                     404       404    404         404     404            404  404     404   404     404

GET v1/{record}/{id}/history/?view=working
    published                  401       403    200         200     200            403  200     200   200     200
    pending                    401       403    200         200     200            403  200     200   200     200
    draft                      401       403    200         200     200            403  200     200   200     200
    in_review                  401       403    200         200     200            403  200     200   200     200
    withdrawn                  401       403    200         200     200            403  200     200   200     200
    purged                     401       403    410         410     410            403  410     410   410     410
    merged                     401       403    200         200     200            403  200     200   200     200
    absent                     401       403    404         404     404            403  404     404   404     404

GET v1/{record}/{id}/history/1/
    published                  200       200    200         200     200            200  200     200   200     200
    pending                    200       200    200         200     200            200  200     200   200     200
    draft                      404       404    404         404     404            404  404     404   404     404
    in_review                  404       404    404         404     404            404  404     404   404     404
    withdrawn                  410       410    410         410     410            410  410     410   410     410
    purged                     410       410    410         410     410            410  410     410   410     410
    merged                     308       308    308         308     308            308  308     308   308     308
    absent                     404       404    404         404     404            404  404     404   404     404

GET v1/{record}/{id}/history/1/?view=working
    published                  401       403    200         200     200            403  200     200   200     200
    pending                    401       403    200         200     200            403  200     200   200     200
    draft                      401       403    200         200     200            403  200     200   200     200
    in_review                  401       403    200         200     200            403  200     200   200     200
    withdrawn                  401       403    200         200     200            403  200     200   200     200
    purged                     401       403    410         410     410            403  410     410   410     410
    merged                     401       403    200         200     200            403  200     200   200     200
    absent                     401       403    404         404     404            403  404     404   404     404

GET v1/{record}/{id}/history/compare/?from=1&to=1
    published                  200       200    200         200     200            200  200     200   200     200
    pending                    200       200    200         200     200            200  200     200   200     200
    draft                      404       404    404         404     404            404  404     404   404     404
    in_review                  404       404    404         404     404            404  404     404   404     404
    withdrawn                  410       410    410         410     410            410  410     410   410     410
    purged                     410       410    410         410     410            410  410     410   410     410
    merged                     308       308    308         308     308            308  308     308   308     308
    absent                     404       404    404         404     404            404  404     404   404     404

GET v1/{record}/{id}/history/compare/?view=working&from=1&to=1
    published                  401       403    200         200     200            403  200     200   200     200
    pending                    401       403    200         200     200            403  200     200   200     200
    draft                      401       403    200         200     200            403  200     200   200     200
    in_review                  401       403    200         200     200            403  200     200   200     200
    withdrawn                  401       403    200         200     200            403  200     200   200     200
    purged                     401       403    410         410     410            403  410     410   410     410
    merged                     401       403    200         200     200            403  200     200   200     200
    absent                     401       403    404         404     404            403  404     404   404     404

POST v1/{record}/{id}/discard/
    published                  401       403    403         409     409            403  403     409   403     403
    pending                    401       403    403         200     200            403  403     200   403     403
    draft                      401       403    403         409     409            403  403     409   403     403
    in_review                  401       403    403         409     409            403  403     409   403     403
    withdrawn                  401       403    403         409     409            403  403     409   403     403
    purged                     401       403    410         410     410            403  403     410   403     403
    merged                     401       403    403         409     409            403  403     409   403     403
    absent                     401       403    404         404     404            403  403     404   403     403

POST v1/{record}/{id}/reopen/
    published                  401       403    409         409     409            403  403     409   403     403
    pending                    401       403    409         409     409            403  403     409   403     403
    draft                      401       403    409         409     409            403  403     409   403     403
    in_review                  401       403    409         409     409            403  403     409   403     403
    withdrawn                  401       403    200         200     200            403  403     200   403     403
    purged                     401       403    410         410     410            403  403     410   403     403
    merged                     401       403    409         409     409            403  403     409   403     403
    absent                     401       403    404         404     404            403  403     404   403     403

POST v1/{record}/{id}/restore/
    published                  401       403    200         200     200            403  403     200   403     403
    pending                    401       403    200         200     200            403  403     200   403     403
    draft                      401       403    200         200     200            403  403     200   403     403
    in_review                  401       403    200         200     200            403  403     200   403     403
    withdrawn                  401       403    200         200     200            403  403     200   403     403
    purged                     401       403    410         410     410            403  403     410   403     403
    merged                     401       403    409         409     409            403  403     409   403     403
    absent                     401       403    404         404     404            403  403     404   403     403

POST v1/{mergeable}/{id}/merge/
    published                  401       403    403         200     200            403  403     200   403     403
    pending                    401       403    403         200     200            403  403     200   403     403
    draft                      401       403    403         409     409            403  403     409   403     403
    in_review                  401       403    403         409     409            403  403     409   403     403
    withdrawn                  401       403    403         409     409            403  403     409   403     403
    purged                     401       403    403         410     410            403  403     410   403     403
    merged                     401       403    403         409     409            403  403     409   403     403
    absent                     401       403    403         404     404            403  403     404   403     403

POST v1/{unmergeable}/{id}/merge/
    published                  401       403    403         409     409            403  403     409   403     403
    pending                    401       403    403         409     409            403  403     409   403     403
    draft                      401       403    403         409     409            403  403     409   403     403
    in_review                  401       403    403         409     409            403  403     409   403     403
    withdrawn                  401       403    403         409     409            403  403     409   403     403
    purged                     401       403    403         410     410            403  403     410   403     403
    absent                     401       403    403         404     404            403  403     404   403     403

POST v1/{record}/{id}/unmerge/
    published                  401       403    403         400     400            403  403     400   403     403
    pending                    401       403    403         400     400            403  403     400   403     403
    draft                      401       403    403         400     400            403  403     400   403     403
    in_review                  401       403    403         400     400            403  403     400   403     403
    withdrawn                  401       403    403         400     400            403  403     400   403     403
    purged                     401       403    403         410     410            403  403     410   403     403
    merged                     401       403    403         400     400            403  403     400   403     403
    absent                     401       403    403         404     404            403  403     404   403     403

POST v1/{record}/{id}/split/
    published                  401       403    403         400     400            403  403     400   403     403
    pending                    401       403    403         400     400            403  403     400   403     403
    draft                      401       403    403         400     400            403  403     400   403     403
    in_review                  401       403    403         400     400            403  403     400   403     403
    withdrawn                  401       403    403         409     409            403  403     409   403     403
    purged                     401       403    403         410     410            403  403     410   403     403
    merged                     401       403    403         409     409            403  403     409   403     403
    absent                     401       403    403         404     404            403  403     404   403     403

POST v1/{judged}/{id}/resolve/
    published                  401       403    409         409     409            403  409     409   403     403
    pending                    401       403    409         409     409            403  409     409   403     403
    draft                      401       403    409         409     409            403  409     409   403     403
    in_review                  401       403    409         409     409            403  409     409   403     403
    withdrawn                  401       403    409         409     409            403  409     409   403     403
    purged                     401       403    410         410     410            403  410     410   403     403
    absent                     401       403    404         404     404            403  404     404   403     403

POST v1/{record}/{id}/purge/
    published                  401       403    403         403     204            403  403     403   403     403
    pending                    401       403    403         403     204            403  403     403   403     403
    draft                      401       403    403         403     204            403  403     403   403     403
    in_review                  401       403    403         403     204            403  403     403   403     403
    withdrawn                  401       403    403         403     204            403  403     403   403     403
    purged                     401       403    403         403     410            403  403     403   403     403
    merged                     401       403    403         403     204            403  403     403   403     403
    absent                     401       403    403         403     404            403  403     403   403     403

GET v1/imports/
    absent                     401       403    403         200     200            403  403     403   403     200
POST v1/imports/
    absent                     401       403    403         415     415            403  403     403   403     415
GET v1/imports/1/
    absent                     401       403    403         404     404            403  403     403   403     404
GET v1/imports/1/problems.csv
    absent                     401       403    403         404     404            403  403     403   403     404
POST v1/imports/1/cancel/
    absent                     401       403    403         404     404            403  403     403   403     404
GET v1/imports/1/rows/
    absent                     401       403    403         404     404            403  403     403   403     404
POST v1/imports/1/rows/2/decide/
    absent                     401       403    403         404     404            403  403     403   403     404
GET v1/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/me/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/match/actors/?name=Front
    absent                     200       200    200         200     200            200  200     200   200     200
POST v1/match/actors/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/vocabularies/
    absent                     200       200    200         200     200            200  200     200   200     200
GET v1/vocabularies/state/
    absent                     200       200    200         200     200            200  200     200   200     200
GET schema/
    absent                     200       200    200         200     200            200  200     200   200     200
GET docs/calibration/
    absent                     200       200    200         200     200            200  200     200   200     200

GET docs/
    absent                     200       200    200         200     200            200  200     200   200     200
"""

# The resources whose records are merged.
MERGEABLE = ("actors", "incidents")

STATES = ("published", "pending", "draft", "in_review", "withdrawn")


def states_of(resource: str) -> tuple[str, ...]:
    """The states that a record may be in, gone ones too; one that was purged or merged was published before."""
    return (*STATES, "purged", "merged") if resource in MERGEABLE else (*STATES, "purged")


# What stands for each of several: the resources of records, their types, and what counts records of which.
PLACEHOLDERS: dict[str, dict[str, str]] = {
    "{record}": {name: name for name in LISTS},
    "{type}": {name: view.record_type for name, view in LISTS.items()},
    "{mergeable}": {name: name for name in MERGEABLE},
    "{unmergeable}": {name: name for name in LISTS if name not in MERGEABLE},
    "{profiled}": {"actors": "actors"},
    "{judged}": {"assessments": "assessments"},
    "{counted}": {"incidents": "incidents", "assessments": "assessments"},
}


@dataclass(frozen=True)
class Endpoint:
    """One address and method of the table, and by state what each role gets."""

    method: str
    template: str
    rows: dict[str, dict[str, str]]

    @property
    def path(self) -> str:
        """The address as it is listed, whichever resources it stands for."""
        bare = self.template.partition("?")[0]
        for some in ("{mergeable}", "{unmergeable}", "{profiled}", "{judged}"):
            bare = bare.replace(some, "{record}")
        return bare

    @property
    def tells_of_records(self) -> bool:
        """Whether it is asked of one record, be it in the address or in the body."""
        return set(self.rows) != {"absent"}

    @property
    def holds_records(self) -> bool:
        """Whether an answer may tell of a record among others, or not."""
        return any(cell in "+-" for row in self.rows.values() for cell in row.values())

    def addresses(self) -> Iterator[tuple[str, str]]:
        """The addresses that the template stands for, each with the resource whose records it takes."""
        for placeholder, named in PLACEHOLDERS.items():
            if placeholder in self.template:
                yield from ((self.template.replace(placeholder, name), resource) for resource, name in named.items())
                return
        yield self.template, "incidents"


def read_table() -> Iterator[Endpoint]:
    """The endpoints of the table in their order."""
    header, *lines = [line for line in TABLE.splitlines() if line.strip()]
    for line in lines:
        if not line.startswith(" "):
            method, template = line.split()
            endpoint = Endpoint(method, template, {})
            yield endpoint
        else:
            state, *cells = line.split()
            endpoint.rows[state] = dict(zip(header.split(), cells, strict=True))


ENDPOINTS = list(read_table())
ROLES = list(ENDPOINTS[0].rows["absent"])
