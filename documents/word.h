#ifndef PUMASI_DOCUMENTS_WORD_H
#define PUMASI_DOCUMENTS_WORD_H

#include <stdbool.h>

/* Every word that a document prints: Korean by the glossary, and English. */
#define WORDS(X)                                                                                   \
    X(USAGE_STATEMENT, "GPU 이용내역서", "GPU usage statement")                                    \
    X(SETTLEMENT, "정산서", "Settlement statement")                                                \
    X(DRAFT, "초안 (발행 전)", "Draft (not issued)")                                               \
    X(PARTIAL, "일부 내역: 이 기관의 내역만 담은 것으로 과제 전체가 아님",                         \
      "Partial: the lines of this organisation alone, not of the whole project")                   \
    X(HEAD, "표지", "Head")                                                                        \
    X(ITEM, "항목", "Item")                                                                        \
    X(CONTENT, "내용", "Content")                                                                  \
    X(PROGRAMME, "사업명", "Programme")                                                            \
    X(PROJECT, "과제명", "Project")                                                                \
    X(PROJECT_NUMBER, "과제번호", "Project number")                                                \
    X(AGREEMENT, "협약번호", "Agreement number")                                                   \
    X(STAGE, "단계", "Stage")                                                                      \
    X(LEAD, "주관기관", "Lead organisation")                                                       \
    X(DIRECTOR, "총괄책임자", "Project director")                                                  \
    X(PARTICIPANTS, "참여기관", "Participating organisations")                                     \
    X(AGENCY, "전담기관", "Managing agency")                                                       \
    X(SUPPLIERS, "공급사", "Suppliers")                                                            \
    X(PERIOD, "대상기간 (양 끝 포함, 한국 시각)", "Period (both days included, Korean time)")      \
    X(ISSUED, "발행일", "Issued")                                                                  \
    X(NUMBER, "문서번호", "Document number")                                                       \
    X(VERSION, "판", "Version")                                                                    \
    X(REPLACES, "대체한 문서", "Replaces")                                                         \
    X(REASON, "정정 사유", "Reason of correction")                                                 \
    X(UNIT, "금액 단위: 원", "Amounts in won")                                                     \
    X(USAGE, "이용 내역", "Usage")                                                                 \
    X(ORGANISATION, "기관", "Organisation")                                                        \
    X(MODEL, "모델", "Model")                                                                      \
    X(KIND, "구분", "Kind")                                                                        \
    X(FROM, "시작일", "From")                                                                      \
    X(TO, "종료일", "To")                                                                          \
    X(LENGTH, "기간", "Length")                                                                    \
    X(MONTHS, "환산 개월 (장·월)", "GPU-months")                                                   \
    X(MONTHS_NUM, "환산 개월 분자", "GPU-months, numerator")                                       \
    X(MONTHS_DEN, "환산 개월 분모", "GPU-months, denominator")                                     \
    X(PRICE, "단가 (원/장·월)", "Price (won per GPU-month)")                                       \
    X(PRICE_UNIT, "단가 기준 장수", "GPUs per price")                                              \
    X(AMOUNT, "금액", "Amount")                                                                    \
    X(RATE, "부담률", "Rate")                                                                      \
    X(LINE_BURDEN, "부담금 (끝수 처리 전)", "Burden (before rounding)")                            \
    X(PAYER, "부담 주체", "Borne by")                                                              \
    X(ISOLATION, "격리 등급", "Isolation class")                                                   \
    X(MARK, "확인", "Confirmed")                                                                   \
    X(CONFIRMED, "확인", "confirmed")                                                              \
    X(UNCONFIRMED, "미확인", "not confirmed")                                                      \
    X(SUM, "합계", "Sum")                                                                          \
    X(BURDEN_BLOCK, "민간부담금", "Co-funding")                                                    \
    X(FEE_BLOCK, "이용료", "Fee")                                                                  \
    X(ROLE, "역할", "Role")                                                                        \
    X(SIZE, "기업 규모", "Size class")                                                             \
    X(EVIDENCE, "근거 서류", "Evidence")                                                           \
    X(OPENNESS, "공개 수준", "Openness")                                                           \
    X(VALUE, "사용 가치", "Value")                                                                 \
    X(BURDEN, "부담금", "Burden")                                                                  \
    X(FEE, "이용료", "Fee")                                                                        \
    X(FLOOR_RATE, "현금 최소 비율", "Cash floor rate")                                             \
    X(FLOOR, "현금 최소액", "Cash floor")                                                          \
    X(IN_KIND_MAX, "현물 한도", "In kind at most")                                                 \
    X(CASH, "현금", "cash")                                                                        \
    X(LABOUR, "인건비", "labour")                                                                  \
    X(ASSET, "유형자산", "tangible assets")                                                        \
    X(DATA, "자체 데이터", "own data")                                                             \
    X(OTHER_KIND, "그 밖의 종류", "another kind")                                                  \
    X(CASH_PAID, "현금 납부액", "Cash paid")                                                       \
    X(LABOUR_PAID, "현물 인건비", "Labour in kind")                                                \
    X(ASSET_PAID, "현물 유형자산", "Assets in kind")                                               \
    X(IN_KIND, "현물 인정액", "In kind accepted")                                                  \
    X(CASH_SHORT, "현금 부족액", "Cash missing")                                                   \
    X(SHORT, "부족액", "Missing")                                                                  \
    X(CONTRIBUTIONS, "납부 내역", "Contributions")                                                 \
    X(DATE, "날짜", "Date")                                                                        \
    X(WORKED, "투입 기간", "Period worked")                                                        \
    X(REFERENCE, "증빙 번호", "Reference")                                                         \
    X(RESULT, "인정 여부", "Result")                                                               \
    X(ACCEPTED, "인정", "accepted")                                                                \
    X(DUES, "현금 납부 일정", "Cash due")                                                          \
    X(INSTALMENT, "회차", "Instalment")                                                            \
    X(DUE, "납부 기한", "Due")                                                                     \
    X(PAID, "납부액", "Paid")                                                                      \
    X(MISSING, "미납액", "Unpaid")                                                                 \
    X(PROPOSAL, "제안", "Proposal")                                                                \
    X(SUSPEND, "지원 중단 검토 제안 (사람이 결정)", "Propose to suspend (people decide)")          \
    X(NO_DUE, "납부 기한이 정해지지 않음", "no due date is set")                                   \
    X(CREDITS, "장애 대기 할인", "Credits for faults")                                             \
    X(GPUS, "장수", "GPUs")                                                                        \
    X(HOURS, "한도를 넘은 시간", "Hours beyond the limit")                                         \
    X(UTILISATION, "이용률", "Utilisation")                                                        \
    X(ALLOCATED_HOURS, "배분 (장·시간)", "Allocated (GPU-hours)")                                  \
    X(USED_HOURS, "사용 (장·시간)", "Used (GPU-hours)")                                            \
    X(IDLE_HOURS, "유휴 (장·시간)", "Idle (GPU-hours)")                                            \
    X(NOTICE_HOURS, "예고 (장·시간)", "Notice (GPU-hours)")                                        \
    X(HANDOVER_HOURS, "인수시험 (장·시간)", "Handover (GPU-hours)")                                \
    X(FAULT_HOURS, "장애 (장·시간)", "Fault (GPU-hours)")                                          \
    X(USED_PART, "이용률 (사용 ÷ 배분, 소수 셋째 자리 버림)", "Utilisation (used / allocated)")    \
    X(METHOD, "측정 방법", "Method")                                                               \
    X(METHOD_TEXT,                                                                                 \
      "노드가 서명한 이용 구간으로 계산. 장치를 열 수 있게 된 때부터 닫힌 때까지를 초 단위로 잼",  \
      "From the intervals that nodes signed: from the instant at which devices could be opened "   \
      "to "                                                                                        \
      "the one at which they were shut, by the second")                                            \
    X(CHART, "사용 (장·시간) 추이", "Used GPU-hours over time")                                    \
    X(ALLOCATIONS, "배분 내역", "Allocations")                                                     \
    X(ALLOCATION, "배분", "Allocation")                                                            \
    X(PAPER, "승인 번호", "Approval number")                                                       \
    X(CHANGES, "변경 내역", "Changes")                                                             \
    X(SUBJECT, "대상", "Subject")                                                                  \
    X(STRETCHES, "임차별 이용 구간", "Use by lease")                                               \
    X(LEASE, "임차", "Lease")                                                                      \
    X(NODE, "노드", "Node")                                                                        \
    X(SUPPLIER, "공급사", "Supplier")                                                              \
    X(INTERVALS, "계측 구간 수", "Intervals")                                                      \
    X(MORE_ROWS, "나머지 줄은 표 계산 파일과 산출 근거 파일에 있음",                               \
      "More rows are in the workbook and in the basis")                                            \
    X(RULES, "산정 기준", "Rules")                                                                 \
    X(RULE, "기준", "Rule")                                                                        \
    X(CHECKS, "검산", "Checks")                                                                    \
    X(CHECK, "검산 항목", "Check")                                                                 \
    X(LEFT, "왼쪽", "Left")                                                                        \
    X(RIGHT, "오른쪽", "Right")                                                                    \
    X(CHECK_VALUE, "기관별 사용 가치의 합 = 전체 (1원 미만은 전체에서 한 번만 버림)",              \
      "Values of the organisations = total (dropped below 1 won once)")                            \
    X(CHECK_BURDEN, "기관별 부담금의 합 = 전체", "Burdens of the organisations = total")           \
    X(CHECK_PARTS, "현금 최소액 + 현물 한도 = 부담금", "Cash floor + in kind at most = burden")    \
    X(CHECK_LINE, "줄마다: 환산 개월 × 단가 ÷ 단가 기준 장수 = 금액",                              \
      "Each line: GPU-months x price / GPUs per price = amount")                                   \
    X(EVIDENCES, "증빙 목록", "Evidence")                                                          \
    X(EVIDENCE_CASH, "현금: 이체확인증", "Cash: transfer receipts")                                \
    X(EVIDENCE_LABOUR, "인건비: 참여율, 급여명세", "Labour: participation, payroll")               \
    X(EVIDENCE_ASSET, "유형자산: 자산대장, 감가상각", "Assets: register, depreciation")            \
    X(EVIDENCE_TAX, "세금계산서", "Tax invoices")                                                  \
    X(EVIDENCE_RAW, "산출 근거 파일의 해시", "Hash of the basis")                                  \
    X(SIGNATURES, "서명", "Signatures")                                                            \
    X(WHO, "구분", "Who")                                                                          \
    X(NAME, "성명", "Name")                                                                        \
    X(POSITION, "직위", "Position")                                                                \
    X(SEAL, "직인", "Seal")                                                                        \
    X(AUTHOR, "작성자", "Author")                                                                  \
    X(ACCOUNTANT, "주관기관 회계책임자", "Accounting officer of the lead")                         \
    X(SUPPLIER_SIGN, "공급사 확인", "Supplier")                                                    \
    X(REVIEWER, "전담기관 검토자", "Reviewer of the agency")                                       \
    X(APPROVER, "전담기관 승인자", "Approver of the agency")                                       \
    X(CHECKPOINT, "원장 체크포인트", "Ledger checkpoint")                                          \
    X(NO_CHECKPOINT, "체크포인트 없음: 원장과 대조되지 않은 문서",                                 \
      "No checkpoint: not tied to the ledger")                                                     \
    X(NONE, "없음", "none")                                                                        \
    X(PROGRAMME_PRICE, "사업 단가", "programme")                                                   \
    X(DAYS, "일", "days")                                                                          \
    X(LARGE, "대기업", "large")                                                                    \
    X(MIDSIZE, "중견기업", "midsize")                                                              \
    X(EARLY_MIDSIZE, "초기 중견기업", "early midsize")                                             \
    X(SME, "중소기업", "SME")                                                                      \
    X(STARTUP, "청년기업", "startup")                                                              \
    X(UNIVERSITY, "대학", "university")                                                            \
    X(INSTITUTE, "출연연", "institute")                                                            \
    X(NONPROFIT, "비영리기관", "non-profit")                                                       \
    X(AGENCY_CLASS, "전담기관", "agency")                                                          \
    X(SUPPLIER_CLASS, "공급사", "supplier")                                                        \
    X(UNSAID, "정해지지 않음", "not said")                                                         \
    X(OPEN_COMMERCIAL, "상업용 오픈소스", "open, commercial")                                      \
    X(OPEN_NONCOMMERCIAL, "비상업용 오픈소스", "open, non-commercial")                             \
    X(CLOSED, "비공개", "closed")                                                                  \
    X(TIME_USED, "사용", "used")                                                                   \
    X(TIME_IDLE, "유휴", "idle")                                                                   \
    X(TIME_NOTICE, "회수 예고", "notice")                                                          \
    X(TIME_HANDOVER, "인수시험", "handover")                                                       \
    X(TIME_FAULT, "장애", "fault")                                                                 \
    X(OPPORTUNISTIC, "여유 자원", "opportunistic")                                                 \
    X(PAYER_BORROWER, "차용기관", "borrower")                                                      \
    X(PAYER_LENDER, "대여기관", "lender")                                                          \
    X(PAYER_NOBODY, "부담 없음", "nobody")                                                         \
    X(WHOLE, "전용", "whole")                                                                      \
    X(MIG, "하드웨어 분할", "mig")                                                                 \
    X(DMEM, "메모리 한도", "dmem")                                                                 \
    X(MPS, "프로세스 공유", "mps")                                                                 \
    X(TIMESLICE, "시간 분할", "timeslice")                                                         \
    X(ROLE_LEAD, "주관기관", "lead")                                                               \
    X(ROLE_PARTICIPANT, "참여기관", "participant")                                                 \
    X(ROLE_CO_RESEARCH, "공동연구기관", "co-research")                                             \
    X(ROLE_SUBCONTRACTED, "위탁연구개발기관", "subcontracted")                                     \
    X(EVENT_RECALL, "회수", "recall")                                                              \
    X(EVENT_RETURN, "반납", "return")                                                              \
    X(EVENT_FAULT, "장애", "fault")                                                                \
    X(EVENT_OTHER, "변경", "change")

enum word {
#define X(id, ko, en) WORD_##id,
    WORDS(X)
#undef X
        WORD_COUNT
};

/* Static. */
const char *word(bool korean, enum word w);

/* The word for a name of an enum or a kind ("sme", "idle", "labour"); NULL where there is none. */
const char *word_for(bool korean, const char *name);

#endif
